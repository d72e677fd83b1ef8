//! Devices, as they name themselves.

use usher_rules::Refusal;

use crate::domains::valid_name;
use crate::limits;

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The id that it gives itself, and keeps: whoever asks with the same one again is the
    /// same device.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// Refuses a device that can't be.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn valid_device(device: &Device) -> Result<(), Refusal> {
    let length = device.id.chars().count();
    if length == 0 || length > limits::DEVICE_ID || device.id.chars().any(char::is_control) {
        return Err(Refusal::Invalid {
            field: "device.id",
            why: "1 to 200 characters, none of them a control character",
        });
    }
    valid_name("device.name", &device.name).map(|_| ())
}
