//! Getting in, against the memory store: accounts, log-ins, passwords, tokens, signed
//! entitlements, mails. Through the use cases, as the HTTP layer calls them.

mod accounts;
mod attempts;
mod meanwhile;
mod outbox;
mod passwords;
mod second_factor;
mod sign_up;
mod signing;
mod tokens;
mod world;
