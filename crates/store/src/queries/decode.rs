//! Reading rows: columns in the order of the lists in [`super::loads`].

mod desk;

use usher_rules::accounts::{Account, Identity, Place};
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::domains::Domain;
use usher_rules::ids::PoolId;
use usher_rules::prices::{Currency, PriceBook};
use usher_rules::roles::{Permissions, Role};
use usher_rules::seats::{Scheduled, Seat, SeatKind, Seats};
use usher_rules::standing::{Record, State};
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::{License, User, UserState};
use usher_rules::{AccountId, DomainId, Time, TokenId, UserId};
use uuid::Uuid;

use crate::lists::EventLine;
use crate::records::{
    AccountRecord, Attempts, Digest, DomainRecord, Mail, Person, Remembered, SigningKey, Token,
    TokenKind,
};
use crate::{Error, Result, codec};
pub(super) use desk::AnySession;

/// A row of an engine.
pub trait Columns {
    /// The UUID in this column, if not NULL.
    fn opt_id(&self, column: usize) -> Result<Option<Uuid>>;
    /// The integer in this column, if not NULL.
    fn opt_int(&self, column: usize) -> Result<Option<i64>>;
    /// The text in this column, if not NULL.
    fn opt_text(&self, column: usize) -> Result<Option<&str>>;
    /// The bytes in this column, if not NULL.
    fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>>;
}

/// Reads columns of one table, which begin at an offset.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    row: &'a dyn Columns,
    table: &'static str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(row: &'a dyn Columns, table: &'static str, at: usize) -> Self {
        Self { row, table, at }
    }

    fn need<T>(&self, value: Option<T>, column: usize) -> Result<T> {
        value.ok_or_else(|| Error::inconsistent(self.table, format!("column {column} is NULL")))
    }
    fn word<T>(&self, column: usize, read: impl Fn(&str) -> Option<T>) -> Result<T> {
        let word = self.text(column)?;
        read(word).ok_or_else(|| self.unknown(column, word))
    }
    fn unknown(&self, column: usize, word: &str) -> Error {
        Error::inconsistent(self.table, format!("column {column} can't be {word:?}"))
    }
    pub(super) fn opt_id(&self, column: usize) -> Result<Option<Uuid>> {
        self.row.opt_id(self.at + column)
    }
    pub(super) fn id(&self, column: usize) -> Result<Uuid> {
        let value = self.opt_id(column)?;
        self.need(value, column)
    }
    pub(super) fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        self.row.opt_int(self.at + column)
    }
    pub(super) fn int(&self, column: usize) -> Result<i64> {
        let value = self.opt_int(column)?;
        self.need(value, column)
    }
    fn number<T: TryFrom<i64>>(&self, column: usize) -> Result<T> {
        let int = self.int(column)?;
        T::try_from(int).map_err(|_| self.unknown(column, &int.to_string()))
    }
    pub(super) fn opt_number<T: TryFrom<i64>>(&self, column: usize) -> Result<Option<T>> {
        let there = self.opt_int(column)?.is_some();
        there.then(|| self.number(column)).transpose()
    }
    fn flag(&self, column: usize) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }
    pub(super) fn time(&self, column: usize) -> Result<Time> {
        self.int(column).map(Time)
    }
    pub(super) fn opt_time(&self, column: usize) -> Result<Option<Time>> {
        Ok(self.opt_int(column)?.map(Time))
    }
    pub(super) fn opt_text(&self, column: usize) -> Result<Option<&'a str>> {
        self.row.opt_text(self.at + column)
    }
    pub(super) fn text(&self, column: usize) -> Result<&'a str> {
        let value = self.opt_text(column)?;
        self.need(value, column)
    }
    fn string(&self, column: usize) -> Result<String> {
        self.text(column).map(str::to_owned)
    }
    fn opt_string(&self, column: usize) -> Result<Option<String>> {
        Ok(self.opt_text(column)?.map(str::to_owned))
    }
    fn opt_digest(&self, column: usize) -> Result<Option<Digest>> {
        let Some(bytes) = self.row.opt_blob(self.at + column)? else {
            return Ok(None);
        };
        let digest = bytes
            .try_into()
            .map_err(|_| self.unknown(column, "bytes of another length than 32"))?;
        Ok(Some(digest))
    }
    fn digest(&self, column: usize) -> Result<Digest> {
        let value = self.opt_digest(column)?;
        self.need(value, column)
    }

    pub(super) fn account(&self) -> Result<Account> {
        let place = match (self.opt_text(1)?, self.opt_id(2)?, self.opt_id(3)?) {
            (Some(plan), None, None) => Place::Unmanaged {
                plan: Tier::from_name(plan).ok_or_else(|| self.unknown(1, plan))?,
            },
            (None, Some(domain), Some(user)) => Place::Managed {
                domain: DomainId(domain),
                user: UserId(user),
            },
            _ => return Err(Error::inconsistent(self.table, "neither plan nor domain")),
        };
        Ok(Account {
            id: AccountId(self.id(0)?),
            place,
            owns: self.opt_id(4)?.map(DomainId),
            identity: self.word(5, Identity::from_name)?,
            operator: self.flag(6)?,
        })
    }

    pub(super) fn account_record(&self) -> Result<AccountRecord> {
        Ok(AccountRecord {
            account: AccountId(self.id(0)?),
            email: self.string(1)?,
            name: self.string(2)?,
            password: self.opt_string(3)?,
            totp_secret: self.opt_string(4)?,
            totp_active: self.flag(5)?,
            identity_note: self.opt_string(6)?,
            created_at: self.time(7)?,
        })
    }

    /// A domain from its own columns, followed by those of its seats.
    pub(super) fn domain(&self) -> Result<Domain> {
        let parent = match (self.opt_id(2)?, self.opt_id(3)?) {
            (Some(domain), Some(user)) => Some((DomainId(domain), UserId(user))),
            (None, None) => None,
            _ => return Err(Error::inconsistent(self.table, "half a parent")),
        };
        let seats = Reader::new(self.row, "seats", self.at + super::loads::DOMAIN_WIDTH);
        Ok(Domain {
            id: DomainId(self.id(0)?),
            owner: AccountId(self.id(1)?),
            parent,
            root: DomainId(self.id(4)?),
            billing: self.billing()?,
            standing: Reader::new(self.row, self.table, self.at + 9).record()?,
            closed: self.flag(15)?,
            users: seats.number(1)?,
            pools: seats.number(2)?,
            teams: seats.number(3)?,
            seats: seats.seats()?,
        })
    }

    fn billing(&self) -> Result<Option<Billing>> {
        let Some(currency) = self.opt_text(5)? else {
            return Ok(None);
        };
        Ok(Some(Billing {
            currency: Currency::from_code(currency).ok_or_else(|| self.unknown(5, currency))?,
            zone: self.word(6, Zone::from_name)?,
            method: self.word(7, PaymentMethod::from_name)?,
            activated_by: AccountId(self.id(8)?),
        }))
    }

    fn seats(&self) -> Result<Seats> {
        let mut seats = Seats::default();
        for (n, kind) in SeatKind::ALL.into_iter().enumerate() {
            let at = 4 + 4 * n;
            let scheduled = match (self.opt_int(at + 2)?, self.opt_time(at + 3)?) {
                (Some(_), Some(time)) => Some(Scheduled {
                    quantity: self.number(at + 2)?,
                    at: time,
                }),
                _ => None,
            };
            *seats.get_mut(kind) = Seat {
                ordered: self.number(at)?,
                in_use: self.number(at + 1)?,
                scheduled,
            };
        }
        Ok(seats)
    }

    /// What is recorded of a domain's standing, in six columns.
    pub(super) fn record(&self) -> Result<Record> {
        Ok(Record {
            first_met: self.opt_time(0)?,
            lapsed_at: self.opt_time(1)?,
            last_lapse: self.opt_time(2)?.zip(self.opt_time(3)?),
            noted: self.word(4, State::from_name)?,
            noted_until: self.opt_time(5)?,
        })
    }

    pub(super) fn domain_record(&self) -> Result<DomainRecord> {
        Ok(DomainRecord {
            domain: DomainId(self.id(0)?),
            name: self.string(1)?,
            prefix: self.string(2)?,
            billing_name: self.opt_string(3)?,
            billing_email: self.opt_string(4)?,
            created_at: self.time(5)?,
        })
    }

    pub(super) fn user(&self) -> Result<User> {
        let account = |reader: &Self| reader.id(4).map(AccountId);
        let state = match self.text(2)? {
            "invited" => UserState::Invited {
                expires_at: self.time(3)?,
            },
            "expired" => UserState::Expired,
            "declined" => UserState::Declined,
            "active" => UserState::Active {
                account: account(self)?,
            },
            "suspended" => UserState::Suspended {
                account: account(self)?,
            },
            word => return Err(self.unknown(2, word)),
        };
        let license = match self.text(5)? {
            "named" => License::Named {
                tier: self.word(6, Tier::from_name)?,
            },
            "shared" => License::Shared {
                pool: PoolId(self.id(7)?),
            },
            word => return Err(self.unknown(5, word)),
        };
        Ok(User {
            domain: DomainId(self.id(0)?),
            id: UserId(self.id(1)?),
            state,
            license,
            role: self.word(8, Role::from_name)?,
            permissions: Permissions(self.number(9)?),
            features_off: Features(self.number(10)?),
            owns: self.opt_id(11)?.map(DomainId),
            reserved: self.flag(12)?,
        })
    }

    pub(super) fn person(&self) -> Result<Person> {
        Ok(Person {
            domain: DomainId(self.id(0)?),
            user: UserId(self.id(1)?),
            email: self.string(2)?,
            name: self.string(3)?,
            description: self.string(5)?,
            external_id: self.opt_string(6)?,
            invitation: self.opt_digest(7)?,
            created_at: self.time(8)?,
        })
    }

    pub(super) fn token(&self) -> Result<Token> {
        Ok(Token {
            account: AccountId(self.id(0)?),
            id: TokenId(self.id(1)?),
            digest: self.digest(2)?,
            kind: self.word(3, TokenKind::from_name)?,
            name: self.text(4)?.into(),
            read_only: self.flag(5)?,
            created_at: self.time(6)?,
            expires_at: self.time(7)?,
        })
    }

    pub(super) fn remembered(&self) -> Result<Remembered> {
        Ok(Remembered {
            head: self.id(0)?,
            key: self.digest(1)?,
            fingerprint: self.digest(2)?,
            status: self.number(3)?,
            body: self.string(4)?,
            token: self.opt_id(5)?.map(TokenId),
            at: self.time(6)?,
        })
    }

    pub(super) fn mail(&self) -> Result<Mail> {
        Ok(Mail {
            id: self.id(0)?,
            template: self.string(1)?,
            recipient: self.string(2)?,
            params: self.string(3)?,
            created_at: self.time(4)?,
            due_at: self.time(5)?,
            attempts: self.int(6)?,
            sent_at: self.opt_time(7)?,
        })
    }

    pub(super) fn attempts(&self) -> Result<Attempts> {
        Ok(Attempts {
            key: self.digest(0)?,
            wrong: self.int(1)?,
            blocked_until: self.time(2)?,
            last_at: self.time(3)?,
            version: self.int(4)?,
        })
    }

    pub(super) fn price_book(&self) -> Result<PriceBook> {
        Ok(PriceBook {
            version: self.number(0)?,
            from: self.time(1)?,
            prices: codec::decode_prices(self.text(2)?)?,
        })
    }

    pub(super) fn signing_key(&self) -> Result<SigningKey> {
        Ok(SigningKey {
            kid: self.string(0)?,
            secret: self.digest(1)?,
            public: self.digest(2)?,
            created_at: self.time(3)?,
            retired_at: self.opt_time(4)?,
        })
    }

    pub(super) fn event(&self) -> Result<EventLine> {
        Ok(EventLine {
            seq: self.number(0)?,
            at: self.time(1)?,
            recorded_at: self.time(2)?,
            actor: self.opt_id(3)?.map(AccountId),
            request: self.id(4)?,
            event: codec::decode(self.text(5)?, self.text(6)?)?,
        })
    }
}
