//! What the rules promise, shown through their public face: text tables by noun, and
//! properties of any sequence of commands. A test's name begins with the id of its rule.

mod stage;
mod table;

mod domains;
mod lapses;
mod moves;
mod oracle;
mod oracle_desk;
mod orders;
mod prices;
mod properties;
mod seats;
mod sequences;
mod standing;
mod story;
mod tiers;
mod users;
