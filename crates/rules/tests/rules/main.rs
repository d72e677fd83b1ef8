//! What the rules promise, shown through their public face: text tables by noun, and
//! properties of any sequence of commands. A test's name begins with the id of its rule.

mod stage;
mod table;

mod clock;
mod desk;
mod domains;
mod due;
mod lapses;
mod moves;
mod oracle;
mod oracle_desk;
mod orders;
mod pools;
mod prices;
mod properties;
mod queue;
mod reports;
mod seats;
mod sequences;
mod shared;
mod standing;
mod story;
mod tiers;
mod users;
