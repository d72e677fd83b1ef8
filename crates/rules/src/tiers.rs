//! What a tier gives (rules B1, B2): entitlements are derived at each check, never stored.

use crate::standing::State;

/// What a user sits on now. In order: each gives all that the one before gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tier {
    /// The base seat, or a Personal plan.
    #[default]
    Base,
    /// A Business seat on top, or a Business plan.
    Business,
    /// A Business Pro seat on top, or a Business Pro plan.
    BusinessPro,
}

impl Tier {
    /// All tiers, lowest first.
    pub const ALL: [Tier; 3] = [Tier::Base, Tier::Business, Tier::BusinessPro];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Tier::Base => "base",
            Tier::Business => "business",
            Tier::BusinessPro => "business_pro",
        }
    }

    /// The tier of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

/// A thing that a seat unlocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Reaching a PBX through the platform's proxy.
    Proxy,
    /// Transcoding of media.
    Transcoding,
    /// Push notifications.
    Push,
    /// Call history in the cloud.
    CallHistory,
    /// Recordings in the cloud.
    Recordings,
    /// Messages in the cloud.
    Messages,
    /// AI call transcription.
    Transcription,
    /// AI call assistants.
    Assistant,
}

impl Feature {
    /// All features, in the order of their bits.
    pub const ALL: [Feature; 8] = [
        Feature::Proxy,
        Feature::Transcoding,
        Feature::Push,
        Feature::CallHistory,
        Feature::Recordings,
        Feature::Messages,
        Feature::Transcription,
        Feature::Assistant,
    ];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Feature::Proxy => "proxy",
            Feature::Transcoding => "transcoding",
            Feature::Push => "push",
            Feature::CallHistory => "call_history",
            Feature::Recordings => "recordings",
            Feature::Messages => "messages",
            Feature::Transcription => "transcription",
            Feature::Assistant => "assistant",
        }
    }

    /// The feature of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Feature> {
        Feature::ALL.into_iter().find(|f| f.name() == name)
    }

    /// The lowest tier that has it (the table of section B).
    #[must_use]
    pub fn needs(self) -> Tier {
        match self {
            Feature::Proxy | Feature::Transcoding | Feature::Push => Tier::Base,
            Feature::CallHistory | Feature::Recordings | Feature::Messages => Tier::Business,
            Feature::Transcription | Feature::Assistant => Tier::BusinessPro,
        }
    }

    fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// A set of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Features(pub u16);

impl Features {
    /// Whether the feature is in the set.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// The set with the feature.
    #[must_use]
    pub fn with(self, feature: Feature) -> Features {
        Features(self.0 | feature.bit())
    }

    /// What is in the set.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |f| self.has(*f))
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(iter: I) -> Self {
        iter.into_iter().fold(Features::default(), Features::with)
    }
}

/// Why a feature is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The tier does not have it; this is the lowest that has.
    Tier(Tier),
    /// An admin of the domain switched it off for this user.
    SwitchedOff,
    /// The tier has it, but the domain is frozen and its users fell back to base.
    Frozen,
    /// The user is suspended.
    Suspended,
    /// The invitation is not accepted yet.
    NotJoined,
    /// A shared user without a session: nothing is live, what is stored stays (rule E12).
    NotLoggedIn,
}

impl Denied {
    /// The word for it in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Denied::Tier(_) => "tier",
            Denied::SwitchedOff => "switched_off",
            Denied::Frozen => "frozen",
            Denied::Suspended => "suspended",
            Denied::NotJoined => "not_joined",
            Denied::NotLoggedIn => "not_logged_in",
        }
    }
}

/// How the one who asks stands to the seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Holds the account that the seat serves.
    Joined,
    /// Suspended: may do nothing.
    Suspended,
    /// Invited, not yet (or no longer) joined.
    NotJoined,
    /// Shares seats, and sits on none now.
    NotLoggedIn,
}

/// What a user may do now, and why not the rest. Derived, never stored (rule B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entitlements {
    /// The tier that counts now: the assigned one, or `base` while the domain is frozen.
    pub tier: Tier,
    /// The tier that was assigned; stored data follows it.
    pub assigned: Tier,
    /// What admins switched off.
    pub off: Features,
    /// Whether the user may do anything at all.
    pub presence: Presence,
}

impl Entitlements {
    /// Of an account with a plan of its own.
    #[must_use]
    pub fn of_plan(plan: Tier) -> Entitlements {
        Entitlements {
            tier: plan,
            assigned: plan,
            off: Features::default(),
            presence: Presence::Joined,
        }
    }

    /// Of a domain user: the tier, narrowed by what admins switched off, narrowed by the
    /// domain's standing (rules B1, B2, C5).
    #[must_use]
    pub fn of_user(
        assigned: Tier,
        off: Features,
        presence: Presence,
        domain: State,
    ) -> Entitlements {
        let tier = if domain == State::Frozen {
            Tier::Base
        } else {
            assigned
        };
        Entitlements {
            tier,
            assigned,
            off,
            presence,
        }
    }

    /// Whether the feature may be used now.
    ///
    /// # Errors
    /// Why not, when it may not.
    pub fn check(self, feature: Feature) -> Result<(), Denied> {
        match self.presence {
            Presence::Suspended => return Err(Denied::Suspended),
            Presence::NotJoined => return Err(Denied::NotJoined),
            Presence::NotLoggedIn => return Err(Denied::NotLoggedIn),
            Presence::Joined => {}
        }
        if feature.needs() > self.assigned {
            Err(Denied::Tier(feature.needs()))
        } else if self.off.has(feature) {
            Err(Denied::SwitchedOff)
        } else if feature.needs() > self.tier {
            Err(Denied::Frozen)
        } else {
            Ok(())
        }
    }

    /// The features that may be used now.
    #[must_use]
    pub fn allowed(self) -> Features {
        Feature::ALL
            .into_iter()
            .filter(|f| self.check(*f).is_ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(tier: Tier) -> String {
        let seat = Entitlements::of_plan(tier);
        let names: Vec<_> = seat.allowed().iter().map(Feature::name).collect();
        names.join(" ")
    }

    #[test]
    fn b1_the_table_of_tiers() {
        assert_eq!(table(Tier::Base), "proxy transcoding push");
        assert_eq!(
            table(Tier::Business),
            "proxy transcoding push call_history recordings messages"
        );
        assert_eq!(
            table(Tier::BusinessPro),
            "proxy transcoding push call_history recordings messages transcription assistant"
        );
    }

    #[test]
    fn b2_an_admin_switches_off_but_never_on() {
        let off = Features::default().with(Feature::Proxy);
        let seat = Entitlements::of_user(Tier::Base, off, Presence::Joined, State::Good);
        assert_eq!(seat.check(Feature::Proxy), Err(Denied::SwitchedOff));
        assert_eq!(
            seat.check(Feature::Recordings),
            Err(Denied::Tier(Tier::Business))
        );
    }

    #[test]
    fn c5_a_frozen_domain_falls_back_to_base() {
        let seat = Entitlements::of_user(
            Tier::BusinessPro,
            Features::default(),
            Presence::Joined,
            State::Frozen,
        );
        assert_eq!(seat.tier, Tier::Base);
        assert_eq!(seat.check(Feature::Assistant), Err(Denied::Frozen));
        assert_eq!(seat.check(Feature::Push), Ok(()));
    }

    #[test]
    fn a7_a_suspended_user_can_do_nothing() {
        let seat = Entitlements::of_user(
            Tier::BusinessPro,
            Features::default(),
            Presence::Suspended,
            State::Good,
        );
        assert_eq!(seat.allowed(), Features::default());
    }
}
