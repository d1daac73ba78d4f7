//! Which inputs of a figure are not stated in the review.

/// A set of keys that were assumed or left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gaps(u8);

impl Gaps {
    pub(super) const RATE: Self = Self(1);
    pub(super) const SERVICE_TIME: Self = Self(1 << 1);
    pub(super) const NETWORK: Self = Self(1 << 2);
    pub(super) const HIT_RATIO: Self = Self(1 << 3);
    pub(super) const REPLICAS: Self = Self(1 << 4);
    pub(super) const THINK: Self = Self(1 << 5);

    const KEYS: [(Self, &'static str); 6] = [
        (Self::RATE, "flow.rate"),
        (Self::SERVICE_TIME, "component.service_time"),
        (Self::NETWORK, "dependency.network"),
        (Self::HIT_RATIO, "component.cache.hit_ratio"),
        (Self::REPLICAS, "component.replicas"),
        (Self::THINK, "flow.think"),
    ];

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn key(self) -> &'static str {
        Self::KEYS.iter().find(|(gap, _)| *gap == self).map_or("", |(_, key)| key)
    }

    /// The keys, in a fixed order.
    pub(super) fn keys(self) -> Vec<String> {
        Self::KEYS.iter().filter(|(gap, _)| self.has(*gap)).map(|(_, key)| (*key).to_owned()).collect()
    }
}

impl std::ops::BitOr for Gaps {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Gaps {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
