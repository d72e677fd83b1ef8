"""Data that no schema describes, for schemathesis: CSV files of users, most of them good.

The schema of such a body is a text, of which a random one is never a file with the right header.
"""

import csv
import io

import schemathesis
from hypothesis import strategies

OTHERS = ["name", "description", "external_id", "tier", "role"]
TIERS = ["", "base", "business", "business_pro"]
ROLES = ["", "member", "support", "admin"]
# What has to be quoted, what a spreadsheet would take for more than text, letters from elsewhere.
NAMES = ["", "Ann", 'O"Neill, the 2nd', "=1+1", "Ægir Þór", "李雷", " "]


@strategies.composite
def users(draw):
    """A file: some columns in any order, a few rows, and now and then a word that is none."""
    columns = draw(strategies.permutations(["email", *draw(strategies.sets(strategies.sampled_from(OTHERS)))]))
    numbers = draw(strategies.lists(strategies.integers(0, 10**9), min_size=1, max_size=5, unique=True))
    wrong = draw(strategies.sampled_from(["", "", "", "", "", *columns]))
    text = io.StringIO()
    file = csv.writer(text)
    file.writerow(columns)
    file.writerows([cell(draw, column, number, wrong) for column in columns] for number in numbers)
    return text.getvalue().encode()


def cell(draw, column, number, wrong):
    if column == wrong and column != "email":
        return draw(strategies.text(max_size=30))
    known = {
        # Whom a row names by its external id has the same address each time.
        "email": f"csv{number}@example.com" if wrong != "email" else draw(strategies.sampled_from(NAMES)),
        "external_id": f"csv-{number}",
    }
    if column in known:
        return known[column]
    others = {"tier": TIERS, "role": ROLES, "description": [*NAMES, "two\nlines"]}
    words = others.get(column, NAMES)
    return draw(strategies.sampled_from(words))


schemathesis.openapi.media_type("text/csv", users())
