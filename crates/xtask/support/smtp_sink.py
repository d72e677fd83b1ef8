"""A real SMTP server for the stories: prints its address, then each mail as a line of JSON.

It ends when its standard input closes, so that it can't outlive the test that started it.
"""

import email
import email.policy
import json
import sys

from aiosmtpd.controller import Controller


class Sink:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_body(preferencelist=("plain",))
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": message["subject"],
            "text": body.get_content() if body else "",
        }
        print(json.dumps(mail), flush=True)
        return "250 taken"


class AnyFreePort(Controller):
    """The controller's own check of its port can't know a port that the system chose."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


controller = AnyFreePort(Sink(), hostname="127.0.0.1", port=0)
controller.start()
print(f"smtp://127.0.0.1:{controller.port}", flush=True)
sys.stdin.read()
controller.stop()
