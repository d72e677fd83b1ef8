//! Teams: who is in one sees the others in the contact list (rule D5).

use usher_rules::roles::Power;
use usher_rules::{DomainId, Event, Head, Refusal, TeamId, UserId, teams};
use usher_store::lists::{Page, TeamLine};
use usher_store::records::TeamRecord;
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::users::{SeeUsers, needs_user};
use crate::view::{Look, View};
use crate::{App, Ask};

fn line(snapshot: &Snapshot, domain: DomainId, team: TeamId) -> Result<TeamLine, Refusal> {
    let record = snapshot.team_records.get(&(domain, team));
    let members = snapshot.world.members.iter();
    let members = members.filter(|row| (row.0, row.1) == (domain, team));
    Ok(TeamLine {
        members: members.count() as u64,
        record: record.ok_or(Refusal::not_found("team"))?.clone(),
    })
}

/// Makes a team.
#[derive(Debug, Clone)]
pub struct MakeTeam {
    /// In which domain.
    pub domain: DomainId,
    /// What it shall be called.
    pub name: String,
}

impl UseCase for MakeTeam {
    type Answer = TeamLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<TeamLine, Refusal> {
        draft.authorise(self.domain, Power::ManageTeams)?;
        let record = TeamRecord {
            domain: self.domain,
            team: TeamId(draft.id()),
            name: valid_name("name", &self.name)?,
            created_at: draft.world().now,
        };
        let entries = teams::make(draft.world(), self.domain, record.team)?;
        draft.write(Write::Team(record.clone()));
        draft.happen(entries);
        line(draft.snapshot(), self.domain, record.team)
    }
}

/// One team.
#[derive(Debug, Clone, Copy)]
pub struct GetTeam {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub team: TeamId,
}

impl Look for GetTeam {
    type Answer = TeamLine;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.team_members.insert((self.domain, self.team));
    }

    fn see(&self, view: View<'_>) -> Result<TeamLine, Refusal> {
        view.authorise(self.domain, Power::SeeUsers)?;
        line(view.snapshot, self.domain, self.team)
    }
}

/// Gives a team another name.
#[derive(Debug, Clone)]
pub struct RenameTeam {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub team: TeamId,
    /// The new name.
    pub name: String,
}

impl UseCase for RenameTeam {
    type Answer = TeamLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.team_members.insert((self.domain, self.team));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<TeamLine, Refusal> {
        draft.authorise(self.domain, Power::ManageTeams)?;
        let name = valid_name("name", &self.name)?;
        let TeamLine { mut record, .. } = line(draft.snapshot(), self.domain, self.team)?;
        if record.name != name {
            record.name = name;
            let changed = Event::TeamDetailsChanged { team: self.team };
            let entry = draft.world().entry(self.head(), changed);
            draft.write(Write::Team(record));
            draft.happen(vec![entry]);
        }
        line(draft.snapshot(), self.domain, self.team)
    }
}

/// Deletes a team: who was in it no longer is.
#[derive(Debug, Clone, Copy)]
pub struct DeleteTeam {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub team: TeamId,
}

impl UseCase for DeleteTeam {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.team_members.insert((self.domain, self.team));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.authorise(self.domain, Power::ManageTeams)?;
        let entries = teams::delete(draft.world(), self.domain, self.team)?;
        draft.happen(entries);
        draft.write(Write::RemoveTeam(self.domain, self.team));
        Ok(())
    }
}

/// Puts a user into a team, or takes it out. What is so already stays so.
#[derive(Debug, Clone, Copy)]
pub struct SetMember {
    /// Of which domain.
    pub domain: DomainId,
    /// Which team.
    pub team: TeamId,
    /// Which user.
    pub user: UserId,
    /// Whether it shall be in it.
    pub inside: bool,
}

impl UseCase for SetMember {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
        load.teams.insert((self.domain, self.team));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.authorise(self.domain, Power::ManageTeams)?;
        set_member(draft, self.domain, self.team, self.user, self.inside)
    }
}

/// Puts a user into a team, or takes it out; whoever calls has authorised that.
pub(crate) fn set_member(
    draft: &mut Draft<'_>,
    domain: DomainId,
    team: TeamId,
    user: UserId,
    inside: bool,
) -> Result<(), Refusal> {
    let world = draft.world();
    world.team(domain, team)?;
    world.user(domain, user)?;
    let entries = if inside {
        teams::join(world, domain, team, user)?
    } else {
        teams::leave(world, domain, team, user)
    };
    draft.happen(entries);
    Ok(())
}

impl App {
    /// A page of a domain's teams, in the order of their making.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn teams(
        &self,
        ask: &Ask,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>, Failure> {
        self.look(ask, &SeeUsers(domain)).await?;
        Ok(self.store.teams(domain, after, limit).await?)
    }
}
