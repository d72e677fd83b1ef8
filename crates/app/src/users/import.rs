//! Many users at once by CSV (rule D2): a preview of each row's fate; all rows or none. A
//! row whose `external_id` is known changes that user instead (rule D3).

use usher_rules::roles::{Power, Rank, Role};
use usher_rules::tiers::Tier;
use usher_rules::users::{License, set_license};
use usher_rules::{DomainId, Event, Head, Refusal, UserId};
use usher_store::{Load, Snapshot, Write};

use super::new::{create, needs_new, person_name};
use super::{Mode, NewUser, needs_user};
use crate::desk::UseCase;
use crate::draft::Draft;
use crate::limits;

/// Rows of a CSV file, read but not judged.
#[derive(Debug, Clone)]
pub struct ImportUsers {
    /// To which domain.
    pub domain: DomainId,
    /// The rows.
    pub rows: Vec<ImportRow>,
    /// Invite, or add at once.
    pub mode: Mode,
    /// Only say what would become of each row.
    pub dry_run: bool,
}

/// One row: what it says, or what is wrong with how it says it.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its number in the file, the first after the header being 1.
    pub number: u32,
    /// Whom it names.
    pub user: Result<NewUser, (&'static str, String)>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A new user.
    Created(UserId),
    /// A user whose external id the row names was changed.
    Changed(UserId),
    /// That user is as the row says already.
    Unchanged(UserId),
    /// It can't be taken.
    Refused(Refusal),
}

impl UseCase for ImportUsers {
    type Answer = Vec<(u32, Fate)>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.names.insert(self.domain);
        for row in &self.rows {
            let Ok(new) = &row.user else { continue };
            needs_new(load, self.domain, new, self.mode);
            let known = new
                .external_id
                .as_deref()
                .and_then(|id| seen.user_by_external_id(self.domain, id.trim()));
            if let Some(person) = known {
                needs_user(seen, load, self.domain, person.user);
            }
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
        if self.rows.is_empty() || self.rows.len() > limits::IMPORT_ROWS {
            return Err(Refusal::Invalid {
                field: "csv",
                why: "1 to 2000 rows after the header",
            });
        }
        let point = draft.checkpoint();
        let fates: Vec<(u32, Fate)> = self
            .rows
            .iter()
            .map(|row| (row.number, self.row(draft, rank, row)))
            .collect();
        let refused = fates
            .iter()
            .any(|(_, fate)| matches!(fate, Fate::Refused(_)));
        if self.dry_run || refused {
            draft.return_to(point);
        }
        if refused && !self.dry_run {
            return Err(Refusal::InvalidRows {
                rows: fates.iter().filter_map(complaint).collect(),
            });
        }
        Ok(fates)
    }
}

fn complaint((number, fate): &(u32, Fate)) -> Option<(u32, &'static str, String)> {
    let Fate::Refused(refusal) = fate else {
        return None;
    };
    let field = match refusal {
        Refusal::Invalid { field, .. } | Refusal::Taken { field } => *field,
        _ => "row",
    };
    Some((*number, field, format!("{}: {refusal}", refusal.code())))
}

impl ImportUsers {
    fn row(&self, draft: &mut Draft<'_>, rank: Rank, row: &ImportRow) -> Fate {
        let new = match &row.user {
            Ok(new) => new,
            Err((field, _)) => {
                return Fate::Refused(Refusal::Invalid {
                    field,
                    why: "not a value of this column",
                });
            }
        };
        let known = new.external_id.as_deref().and_then(|id| {
            let person = draft.snapshot().user_by_external_id(self.domain, id.trim());
            person.map(|person| person.user)
        });
        let fate = match known {
            Some(user) => self.update(draft, rank, user, new),
            None => create(draft, rank, self.domain, new, self.mode).map(Fate::Created),
        };
        fate.unwrap_or_else(Fate::Refused)
    }

    /// Name and tier follow the row; the rest is the admin's.
    fn update(
        &self,
        draft: &mut Draft<'_>,
        rank: Rank,
        id: UserId,
        new: &NewUser,
    ) -> Result<Fate, Refusal> {
        let user = *draft.world().user(self.domain, id)?;
        super::may_grant(rank, &[user.role], None)?;
        let mut person = draft.person(self.domain, id)?.clone();
        if person.email != new.email.trim().to_lowercase() {
            return Err(Refusal::Taken {
                field: "external_id",
            });
        }
        let mut entries = Vec::new();
        // Who shares the seats of a pool goes on to: a row names no pool.
        if let License::Named { .. } = user.license {
            let by = draft.actor();
            entries = set_license(draft.world(), self.domain, id, new.license(), by)?;
        }
        let name = match new.name.trim() {
            "" => person.name.clone(),
            name => person_name(name)?,
        };
        if name != person.name {
            person.name = name;
            draft.write(Write::Person(person));
            let event = Event::UserDetailsChanged { user: id };
            entries.push(draft.world().entry(self.head(), event));
        }
        if entries.is_empty() {
            return Ok(Fate::Unchanged(id));
        }
        draft.happen(entries);
        Ok(Fate::Changed(id))
    }
}

/// The columns that a file may have; `email` is needed.
pub const COLUMNS: [&str; 6] = [
    "email",
    "name",
    "description",
    "external_id",
    "tier",
    "role",
];

/// Reads a CSV file with a header (RFC 4180, UTF-8, commas).
///
/// # Errors
/// [`Refusal::Invalid`] when it is no CSV file, lacks the column `email` or has unknown
/// ones. What is wrong with single rows is theirs to say.
pub fn read_csv(text: &str) -> Result<Vec<ImportRow>, Refusal> {
    let not_csv = |_| Refusal::Invalid {
        field: "csv",
        why: "not a CSV file with a header and equally long rows",
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().map_err(not_csv)?.clone();
    if !header.iter().any(|column| column == "email")
        || header.iter().any(|column| !COLUMNS.contains(&column))
    {
        return Err(Refusal::Invalid {
            field: "csv",
            why: "the columns are email, name, description, external_id, tier, role",
        });
    }
    let mut rows = Vec::new();
    for (number, record) in (1..).zip(reader.records().take(limits::IMPORT_ROWS + 1)) {
        let record = record.map_err(not_csv)?;
        let user = read_row(header.iter().zip(record.iter()));
        rows.push(ImportRow { number, user });
    }
    Ok(rows)
}

fn read_row<'a>(
    cells: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<NewUser, (&'static str, String)> {
    let mut new = NewUser::default();
    for (column, cell) in cells {
        let cell = cell.to_owned();
        match column {
            "email" => new.email = cell,
            "name" => new.name = cell,
            "description" => new.description = cell,
            "external_id" => new.external_id = Some(cell).filter(|id| !id.is_empty()),
            "tier" if !cell.is_empty() => {
                new.tier = Tier::from_name(&cell).ok_or(("tier", cell))?;
            }
            "role" if !cell.is_empty() => {
                new.role = Role::from_name(&cell).ok_or(("role", cell))?;
            }
            _ => {}
        }
    }
    Ok(new)
}
