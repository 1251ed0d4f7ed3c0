//! Which cases are run: those of the profile, narrowed by stages and addresses.

use super::case::Case;
use super::settings::{Profile, Settings};
use super::stages::{STAGES, Stage};

/// The last stage of the profile `basic`.
const LAST_BASIC: u8 = 9;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// How much.
    pub profile: Profile,
    /// The stages; none named: all of the profile.
    pub stages: &'a [u8],
    /// The beginnings of addresses; none named: all.
    pub only: &'a [String],
    /// The beginnings of addresses that are left out.
    pub exclude: &'a [String],
}

/// The cases to run, stage by stage. Stages without any are left out.
pub fn chosen(settings: &Settings) -> Vec<(&'static Stage, Vec<&'static Case>)> {
    let Settings { profile, stages, only, exclude, .. } = settings;
    Choice { profile: *profile, stages, only, exclude }.cases()
}

impl Choice<'_> {
    /// The cases, stage by stage. Stages without any are left out.
    pub fn cases(&self) -> Vec<(&'static Stage, Vec<&'static Case>)> {
        let stages = STAGES.iter().filter(|stage| self.has_stage(stage.number));
        let with_cases = stages.map(|stage| (stage, stage.cases.iter().filter(|case| self.has_case(case)).collect()));
        with_cases.filter(|(_, cases): &(_, Vec<&Case>)| !cases.is_empty()).collect()
    }

    /// A stage that was named is run whatever the profile says, and so is a stage of which a case was named.
    fn has_stage(&self, number: u8) -> bool {
        match self.profile {
            _ if !self.stages.is_empty() => self.stages.contains(&number),
            _ if !self.only.is_empty() => true,
            Profile::Basic => number <= LAST_BASIC,
            Profile::Full | Profile::Strict => true,
        }
    }

    fn has_case(&self, case: &Case) -> bool {
        (self.only.is_empty() || self.only.iter().any(|prefix| case.is_below(prefix)))
            && !self.exclude.iter().any(|prefix| case.is_below(prefix))
    }
}
