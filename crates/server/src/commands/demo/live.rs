//! Something going on: the three Business seats wander among the staff, and now and then
//! someone asks for a fourth and is refused.

use std::sync::Arc;
use std::time::Duration;

use usher_app::App;
use usher_app::users::SetLicense;
use usher_rules::tiers::Tier;
use usher_rules::users::License;

use super::world::World;

/// From one change to the next.
const PAUSE: Duration = Duration::from_secs(4);
const UPGRADED: usize = 3;

/// Goes on until it is dropped.
pub async fn go_on(app: Arc<App>, world: World) {
    let World {
        domain,
        owner,
        staff,
        ..
    } = world;
    let set = |user, tier| {
        let license = License::Named { tier };
        let change = SetLicense {
            domain,
            user,
            license,
        };
        app.do_now(owner.clone(), change)
    };
    for turn in 0.. {
        tokio::time::sleep(PAUSE).await;
        let nth = |n: usize| staff.get((turn + n) % staff.len().max(1)).copied();
        let (Some(first), Some(next)) = (nth(0), nth(UPGRADED)) else {
            return;
        };
        // Usually refused: all three are taken. Then the first makes room.
        for (user, tier) in [
            (next, Tier::Business),
            (first, Tier::Base),
            (next, Tier::Business),
        ] {
            if let Err(refused) = set(user, tier).await {
                tracing::debug!(%refused, "as it should be");
            }
        }
    }
}
