//! Roles in a domain, what each may do, and the permissions of a member (rule D3).

/// A domain user's role. The owner is no domain user, so it is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Role {
    /// Users, pools, teams.
    Admin,
    /// Order and invoices; no people.
    Billing,
    /// Sees people, logs them out.
    Support,
    /// The own account only.
    #[default]
    Member,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Billing, Role::Support, Role::Member];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Billing => "billing",
            Role::Support => "support",
            Role::Member => "member",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What someone may do in one domain: how a caller stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// Owns the domain: everything in it.
    Owner,
    /// Is a domain user of it, with this role.
    User(Role),
}

/// Something that a rank may or may not do in a domain. Which rank may do what stands in
/// [`Rank::may`], and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// See the domain, its standing and what stands in its journal.
    SeeDomain,
    /// See the order and what it costs.
    SeeSeats,
    /// Change the order.
    OrderSeats,
    /// Activate and change billing.
    Billing,
    /// See domain users.
    SeeUsers,
    /// Invite, add, change, suspend, remove domain users.
    ManageUsers,
    /// See seat pools, who sits there and who waits.
    SeePools,
    /// Make, change and delete seat pools, reserve seats.
    ManagePools,
    /// Log users out.
    LogOut,
    /// Make and delete teams, put users into them.
    ManageTeams,
    /// See how seats were used, and by whom.
    SeeReports,
    /// See the totals of the domains below.
    SeeTree,
    /// Follow the journal.
    SeeEvents,
    /// Hand over, rename or close the domain.
    Own,
}

impl Rank {
    /// Whether this rank has the power (rule D3).
    #[must_use]
    pub fn may(self, power: Power) -> bool {
        use Power::*;
        match self {
            Rank::Owner => true,
            Rank::User(Role::Admin) => match power {
                SeeDomain | SeeSeats | SeeTree | SeeEvents | SeeReports => true,
                SeeUsers | ManageUsers | ManageTeams => true,
                SeePools | ManagePools | LogOut => true,
                OrderSeats | Billing | Own => false,
            },
            Rank::User(Role::Billing) => {
                matches!(power, SeeDomain | SeeSeats | OrderSeats | Billing)
            }
            Rank::User(Role::Support) => {
                matches!(power, SeeDomain | SeeUsers | SeePools | LogOut)
            }
            Rank::User(Role::Member) => false,
        }
    }

    /// Whether this rank may give `role` to a user or take it from one: nobody grants
    /// above the own role (rule D3). An admin has no billing powers, so can't grant those.
    #[must_use]
    pub fn may_grant(self, role: Role) -> bool {
        match self {
            Rank::Owner => true,
            Rank::User(Role::Admin) => role != Role::Billing,
            Rank::User(_) => false,
        }
    }
}

/// A permission of a member over the own account (rule D3), or one that an owner gives
/// to an admin (rule C4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Name and password of the own account.
    Account,
    /// The own devices.
    Devices,
    /// The own connections.
    Connections,
    /// The own call history.
    History,
    /// Tokens and other settings for programs.
    Developer,
    /// Open and operate a domain of one's own below (rule C3).
    ManageSubDomain,
    /// For an admin: read users' history, recordings and messages (rule C4).
    ReadContent,
}

impl Permission {
    /// All permissions, in the order of their bits.
    pub const ALL: [Permission; 7] = [
        Permission::Account,
        Permission::Devices,
        Permission::Connections,
        Permission::History,
        Permission::Developer,
        Permission::ManageSubDomain,
        Permission::ReadContent,
    ];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Permission::Account => "account",
            Permission::Devices => "devices",
            Permission::Connections => "connections",
            Permission::History => "history",
            Permission::Developer => "developer",
            Permission::ManageSubDomain => "manage_sub_domain",
            Permission::ReadContent => "read_content",
        }
    }

    /// The permission of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Permission> {
        Permission::ALL.into_iter().find(|p| p.name() == name)
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permissions(pub u16);

impl Permissions {
    /// None at all.
    pub const NONE: Permissions = Permissions(0);

    /// Whether the permission is in the set.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// The set with the permission.
    #[must_use]
    pub fn with(self, permission: Permission) -> Permissions {
        Permissions(self.0 | permission.bit())
    }

    /// The set without the permission.
    #[must_use]
    pub fn without(self, permission: Permission) -> Permissions {
        Permissions(self.0 & !permission.bit())
    }

    /// What is in the set.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.has(*p))
    }
}

impl Default for Permissions {
    /// A new member manages the own account, devices, connections and history; opening a
    /// sub-domain and reading others' content is granted by name.
    fn default() -> Self {
        Permissions::NONE
            .with(Permission::Account)
            .with(Permission::Devices)
            .with(Permission::Connections)
            .with(Permission::History)
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(iter: I) -> Self {
        iter.into_iter()
            .fold(Permissions::NONE, |set, permission| set.with(permission))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d3_nobody_grants_above_the_own_role() {
        for role in Role::ALL {
            assert!(Rank::Owner.may_grant(role));
            assert_eq!(
                Rank::User(Role::Admin).may_grant(role),
                role != Role::Billing
            );
            assert!(!Rank::User(Role::Member).may_grant(role));
            assert!(!Rank::User(Role::Billing).may_grant(role));
            assert!(!Rank::User(Role::Support).may_grant(role));
        }
    }

    #[test]
    fn d3_billing_sees_no_people() {
        use Power::*;
        for power in [SeeUsers, SeeEvents, SeePools, LogOut, SeeReports] {
            assert!(!Rank::User(Role::Billing).may(power), "{power:?}");
        }
    }

    #[test]
    fn d3_admins_manage_pools_and_teams_support_sees_and_logs_out() {
        use Power::*;
        for power in [SeePools, LogOut, ManagePools, ManageTeams, SeeReports] {
            assert!(Rank::Owner.may(power));
            assert!(Rank::User(Role::Admin).may(power), "{power:?}");
            assert!(!Rank::User(Role::Member).may(power), "{power:?}");
            let support = Rank::User(Role::Support).may(power);
            assert_eq!(support, matches!(power, SeePools | LogOut), "{power:?}");
        }
        assert!(!Rank::User(Role::Admin).may(OrderSeats));
        assert!(!Rank::User(Role::Admin).may(Own));
    }
}
