//! Names in a table. A name gets a number when it is first heard, and the number is the
//! id: of the account, of the domain or of the user, whichever the place asks for.

use usher_rules::{AccountId, DomainId, UserId};

#[derive(Clone, Default)]
pub struct Names(Vec<String>);

impl Names {
    pub(super) fn number(&mut self, name: &str) -> u128 {
        let at = self.0.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        at as u128
    }

    pub fn account(&mut self, name: &str) -> AccountId {
        AccountId::nth(self.number(name))
    }

    pub fn domain(&mut self, name: &str) -> DomainId {
        DomainId::nth(self.number(name))
    }

    pub fn user(&mut self, name: &str) -> UserId {
        UserId::nth(self.number(name))
    }

    /// The name behind the uuid of an id.
    pub fn of(&self, uuid: uuid::Uuid) -> &str {
        &self.0[uuid.as_u128() as usize]
    }

    /// The name of a device.
    pub fn of_device(&self, key: usher_rules::DeviceKey) -> &str {
        let last: [u8; 16] = key.0[16..].try_into().unwrap();
        &self.0[u128::from_be_bytes(last) as usize]
    }
}
