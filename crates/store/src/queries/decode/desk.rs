//! Rows of the front desk.

use usher_rules::calls::{Call, Direction, EndedCall};
use usher_rules::ids::{CallId, ContactId, DeviceKey, LinkId, PoolId, SessionId, TeamId};
use usher_rules::links::{self, CallLink};
use usher_rules::pools::{Pool, PoolSettings};
use usher_rules::sessions::{EndReason, EndedSession, Session};
use usher_rules::tiers::Tier;
use usher_rules::waiting::Waiting;
use usher_rules::{AccountId, DomainId, UserId};

use super::Reader;
use crate::records::{ContactRecord, LinkRecord, PoolRecord, SessionRecord, TeamRecord};
use crate::{Error, Result};

/// A session, live or over.
pub(in crate::queries) enum AnySession {
    Live(Session),
    Ended(EndedSession),
}

impl Reader<'_> {
    pub(in crate::queries) fn pool(&self) -> Result<Pool> {
        Ok(Pool {
            domain: DomainId(self.id(0)?),
            id: PoolId(self.id(1)?),
            settings: PoolSettings {
                seats: self.number(2)?,
                tier: self.word(3, Tier::from_name)?,
                log_off_seconds: self.opt_int(4)?,
                silence_seconds: self.opt_int(5)?,
                notice_seconds: self.opt_int(6)?,
                link_cap_seconds: self.int(7)?,
                waiting_list: self.flag(8)?,
            },
            users: self.number(9)?,
            reserved: self.number(10)?,
            occupied: self.number(11)?,
            offered: self.number(12)?,
            reserved_seated: self.number(13)?,
            waiting: self.number(14)?,
            waiting_reserved: self.number(15)?,
            next_place: self.number(16)?,
        })
    }

    pub(in crate::queries) fn pool_record(&self) -> Result<PoolRecord> {
        Ok(PoolRecord {
            domain: DomainId(self.id(0)?),
            pool: PoolId(self.id(1)?),
            name: self.string(2)?,
            created_at: self.time(3)?,
        })
    }

    pub(in crate::queries) fn session(&self) -> Result<(AnySession, SessionRecord)> {
        let session = match self.opt_time(22)? {
            None => AnySession::Live(self.live_session()?),
            Some(ended_at) => AnySession::Ended(EndedSession {
                domain: DomainId(self.id(0)?),
                id: SessionId(self.id(1)?),
                user: UserId(self.id(2)?),
                pool: self.opt_id(3)?.map(PoolId),
                device: DeviceKey(self.digest(4)?),
                started_at: self.time(8)?,
                ended_at,
                reason: self.word(23, EndReason::from_name)?,
                by: self.opt_id(24)?.map(AccountId),
            }),
        };
        let record = SessionRecord {
            device_id: self.text(5)?.into(),
            device_name: self.text(6)?.into(),
            token: self.digest(7)?,
        };
        Ok((session, record))
    }

    fn live_session(&self) -> Result<Session> {
        Ok(Session {
            domain: DomainId(self.id(0)?),
            id: SessionId(self.id(1)?),
            user: UserId(self.id(2)?),
            pool: self.opt_id(3)?.map(PoolId),
            device: DeviceKey(self.digest(4)?),
            started_at: self.time(8)?,
            clock_from: self.time(9)?,
            links_until: self.opt_time(10)?,
            call: self.call()?,
            seen_at: self.time(16)?,
            log_out_after_call: self.opt_id(17)?.map(AccountId),
            noticed: self.opt_time(18)?,
            reserved: self.flag(19)?,
        })
    }

    fn call(&self) -> Result<Option<Call>> {
        let Some(id) = self.opt_id(11)? else {
            return Ok(None);
        };
        Ok(Some(Call {
            id: CallId(id),
            direction: self.word(12, Direction::from_name)?,
            link: self.opt_id(13)?.map(LinkId),
            started_at: self.time(14)?,
            answered_at: self.opt_time(15)?,
        }))
    }

    pub(in crate::queries) fn ended_call(&self) -> Result<EndedCall> {
        Ok(EndedCall {
            domain: DomainId(self.id(0)?),
            id: CallId(self.id(1)?),
            session: SessionId(self.id(2)?),
            user: UserId(self.id(3)?),
            ended_at: self.time(4)?,
        })
    }

    pub(in crate::queries) fn link(&self) -> Result<(CallLink, LinkRecord)> {
        let record = match (self.opt_id(8)?, self.opt_time(9)?, self.opt_time(10)?) {
            (None, None, None) => links::LinkRecord::Open,
            (Some(call), Some(at), None) => links::LinkRecord::Used {
                call: CallId(call),
                at,
            },
            (None, None, Some(at)) => links::LinkRecord::Revoked { at },
            _ => return Err(Error::inconsistent(self.table, "used and revoked")),
        };
        let link = CallLink {
            domain: DomainId(self.id(0)?),
            id: LinkId(self.id(1)?),
            user: UserId(self.id(2)?),
            made_at: self.time(5)?,
            valid_until: self.time(6)?,
            one_call: self.flag(7)?,
            record,
        };
        let record = LinkRecord {
            guest: self.string(3)?,
            token: self.digest(4)?,
        };
        Ok((link, record))
    }

    pub(in crate::queries) fn waiting(&self) -> Result<Waiting> {
        Ok(Waiting {
            domain: DomainId(self.id(0)?),
            user: UserId(self.id(1)?),
            pool: PoolId(self.id(2)?),
            place: self.number(3)?,
            since: self.time(4)?,
            reserved: self.flag(5)?,
            offered_until: self.opt_time(6)?,
        })
    }

    pub(in crate::queries) fn team(&self) -> Result<TeamRecord> {
        Ok(TeamRecord {
            domain: DomainId(self.id(0)?),
            team: TeamId(self.id(1)?),
            name: self.string(2)?,
            created_at: self.time(3)?,
        })
    }

    pub(in crate::queries) fn contact(&self) -> Result<ContactRecord> {
        Ok(ContactRecord {
            domain: DomainId(self.id(0)?),
            user: UserId(self.id(1)?),
            contact: ContactId(self.id(2)?),
            email: self.string(3)?,
            name: self.string(4)?,
            created_at: self.time(6)?,
        })
    }

    /// Domain, team and user.
    pub(in crate::queries) fn member(&self) -> Result<(DomainId, TeamId, UserId)> {
        Ok((
            DomainId(self.id(0)?),
            TeamId(self.id(1)?),
            UserId(self.id(2)?),
        ))
    }
}
