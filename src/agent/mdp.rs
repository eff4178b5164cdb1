//! A finite Markov decision process in compressed sparse rows: state → choices → (successor, probability).
//!
//! Owns the structure and its checks; solving is `solve`, building from a plant is `cell`. A choice is one
//! action in one state and carries its own discount (semi-Markov: `e^{−r·τ}` of its expected duration).
//! Invariant: every state has at least one choice, every row sums to 1 within rounding, every number is finite,
//! every discount lies in `[0, 1)`; the constructor is the only way in.

/// How far a row's sum may be from 1 before it is refused; accepted rows are then normalised.
pub const ROW_TOLERANCE: f64 = 1e-9;

/// Why a model is not an MDP. Every variant names the row.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MdpError {
    /// A row of probabilities does not sum to 1.
    #[error("state {state}, action {action}: probabilities sum to {sum}, not 1; add the missing successor or normalise the row")]
    RowSum {
        /// State of the row.
        state: u32,
        /// Action label of the row.
        action: u32,
        /// What it sums to.
        sum: f64,
    },
    /// A number outside its range.
    #[error("state {state}, action {action}: {what} is {value}; it must be {must}")]
    Number {
        /// State of the row.
        state: u32,
        /// Action label of the row.
        action: u32,
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range.
        must: &'static str,
    },
    /// A successor outside the state space.
    #[error("state {state}, action {action}: successor {successor} does not exist; states are 0..{states}")]
    Successor {
        /// State of the row.
        state: u32,
        /// Action label of the row.
        action: u32,
        /// The successor.
        successor: u32,
        /// Number of states.
        states: u32,
    },
    /// Choices were not added in the order of their states.
    #[error("state {state}: choices must be added state by state, in order; the last one was for state {last}")]
    Order {
        /// State of the refused choice.
        state: u32,
        /// State of the choice before.
        last: u32,
    },
    /// A state in which nothing can be done.
    #[error("state {state} has no choice; give it at least \"do nothing\"")]
    NoChoice {
        /// The state.
        state: u32,
    },
    /// More rows or entries than 32-bit offsets hold.
    #[error("the model has more than {limit} entries; use fewer features or bins")]
    TooLarge {
        /// Largest number.
        limit: usize,
    },
}

/// Collects choices in state order. See [`Mdp`].
#[derive(Debug, Clone)]
pub struct MdpBuilder {
    mdp: Mdp,
    states: u32,
}

/// One action in one state, as it is added.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice<'a> {
    /// State, not decreasing from call to call.
    pub state: u32,
    /// Label of the action, free for the caller; need not be unique.
    pub action: u32,
    /// Expected reward until the next decision.
    pub reward: f64,
    /// Discount of what follows, in `[0, 1)`.
    pub discount: f64,
    /// Successors with their probabilities; a successor may appear more than once.
    pub successors: &'a [(u32, f64)],
}

/// A sparse Markov decision process.
#[derive(Debug, Clone, PartialEq)]
pub struct Mdp {
    /// First choice of each state, `states + 1` entries.
    choice_of: Vec<u32>,
    /// Action label of each choice.
    action: Vec<u32>,
    /// Expected reward of each choice.
    reward: Vec<f64>,
    /// Discount of each choice.
    discount: Vec<f64>,
    /// First entry of each choice, `choices + 1` entries.
    entry_of: Vec<u32>,
    /// Successor of each entry.
    successor: Vec<u32>,
    /// Probability of each entry.
    probability: Vec<f64>,
}

impl MdpBuilder {
    /// A model of `states` states without choices yet.
    pub fn new(states: u32) -> Self {
        let mdp = Mdp {
            choice_of: vec![0],
            action: Vec::new(),
            reward: Vec::new(),
            discount: Vec::new(),
            entry_of: vec![0],
            successor: Vec::new(),
            probability: Vec::new(),
        };
        Self { mdp, states }
    }

    /// Adds a choice.
    ///
    /// # Errors
    /// [`MdpError`] naming the row when the row sum is off by more than [`ROW_TOLERANCE`], a number is out of
    /// range, a successor does not exist, or the state is out of order.
    pub fn choice(&mut self, choice: Choice<'_>) -> Result<(), MdpError> {
        let sum = self.check(&choice)?;
        let m = &mut self.mdp;
        while m.choice_of.len() <= choice.state as usize {
            let last = m.action.len() as u32;
            m.choice_of.push(last);
        }
        for &(successor, p) in choice.successors {
            if p > 0.0 {
                m.successor.push(successor);
                m.probability.push(p / sum);
            }
        }
        m.action.push(choice.action);
        m.reward.push(choice.reward);
        m.discount.push(choice.discount);
        m.entry_of.push(m.successor.len() as u32);
        Ok(())
    }

    fn check(&self, c: &Choice<'_>) -> Result<f64, MdpError> {
        let (state, action) = (c.state, c.action);
        let number = |what, value, must| MdpError::Number { state, action, what, value, must };
        let last = (self.mdp.choice_of.len() - 1) as u32;
        if state >= self.states {
            return Err(MdpError::Successor { state, action, successor: state, states: self.states });
        }
        if state < last {
            return Err(MdpError::Order { state, last });
        }
        if !c.reward.is_finite() {
            return Err(number("the reward", c.reward, "finite"));
        }
        if !(0.0..1.0).contains(&c.discount) {
            return Err(number("the discount", c.discount, "at least 0 and below 1"));
        }
        let limit = u32::MAX as usize;
        if self.mdp.successor.len() + c.successors.len() > limit {
            return Err(MdpError::TooLarge { limit });
        }
        let mut sum = 0.0;
        for &(successor, p) in c.successors {
            if successor >= self.states {
                return Err(MdpError::Successor { state, action, successor, states: self.states });
            }
            if !(p >= 0.0 && p.is_finite()) {
                return Err(number("a probability", p, "finite and not negative"));
            }
            sum += p;
        }
        if (sum - 1.0).abs() > ROW_TOLERANCE {
            return Err(MdpError::RowSum { state, action, sum });
        }
        Ok(sum)
    }

    /// The finished model.
    ///
    /// # Errors
    /// [`MdpError::NoChoice`] for the first state that has none.
    pub fn build(mut self) -> Result<Mdp, MdpError> {
        let choices = self.mdp.action.len() as u32;
        while self.mdp.choice_of.len() <= self.states as usize {
            self.mdp.choice_of.push(choices);
        }
        match self.mdp.choice_of.windows(2).position(|w| w[0] == w[1]) {
            Some(state) => Err(MdpError::NoChoice { state: state as u32 }),
            None => Ok(self.mdp),
        }
    }
}

impl Mdp {
    /// Number of states.
    pub fn states(&self) -> usize {
        self.choice_of.len() - 1
    }
    /// Number of choices over all states.
    pub fn choices(&self) -> usize {
        self.action.len()
    }
    /// Number of stored transitions.
    pub fn entries(&self) -> usize {
        self.successor.len()
    }
    /// Indices of the choices of a state.
    pub fn choices_of(&self, state: usize) -> std::ops::Range<usize> {
        self.choice_of[state] as usize..self.choice_of[state + 1] as usize
    }
    /// Label of a choice.
    pub fn action(&self, choice: usize) -> u32 {
        self.action[choice]
    }
    /// Expected reward of a choice.
    pub fn reward(&self, choice: usize) -> f64 {
        self.reward[choice]
    }
    /// Successors and probabilities of a choice.
    pub fn row(&self, choice: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let entries = self.entry_of[choice] as usize..self.entry_of[choice + 1] as usize;
        self.successor[entries.clone()].iter().map(|&s| s as usize).zip(self.probability[entries].iter().copied())
    }
    /// Smallest and largest discount.
    pub fn discounts(&self) -> (f64, f64) {
        self.discount.iter().fold((1.0, 0.0), |(lo, hi): (f64, f64), &d| (lo.min(d), hi.max(d)))
    }
    /// `reward + discount · E[values]` of a choice.
    #[inline]
    pub fn q(&self, choice: usize, values: &[f64]) -> f64 {
        let mut sum = 0.0;
        let entries = self.entry_of[choice] as usize..self.entry_of[choice + 1] as usize;
        for (&s, &p) in self.successor[entries.clone()].iter().zip(&self.probability[entries]) {
            sum += p * values[s as usize];
        }
        self.reward[choice] + self.discount[choice] * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(state: u32, successors: &[(u32, f64)]) -> Choice<'_> {
        Choice { state, action: 7, reward: 1.0, discount: 0.9, successors }
    }

    #[test]
    fn a_bad_row_is_named() {
        let mut b = MdpBuilder::new(3);
        b.choice(choice(0, &[(0, 0.5), (1, 0.5)])).unwrap();
        let refused = |c: Choice<'_>| b.clone().choice(c).unwrap_err();
        assert!(matches!(refused(choice(1, &[(0, 0.5), (1, 0.4)])), MdpError::RowSum { state: 1, action: 7, sum } if (sum - 0.9).abs() < 1e-12));
        assert!(refused(choice(1, &[(0, 0.5)])).to_string().starts_with("state 1, action 7: probabilities sum to 0.5"));
        assert!(matches!(refused(choice(1, &[(3, 1.0)])), MdpError::Successor { successor: 3, states: 3, .. }));
        assert!(matches!(refused(choice(1, &[(0, 1.5), (1, -0.5)])), MdpError::Number { what: "a probability", .. }));
        assert!(matches!(refused(choice(1, &[(0, f64::NAN)])), MdpError::Number { .. }));
        assert!(matches!(refused(Choice { discount: 1.0, ..choice(1, &[(0, 1.0)]) }), MdpError::Number { what: "the discount", .. }));
        assert!(matches!(refused(Choice { reward: f64::INFINITY, ..choice(1, &[(0, 1.0)]) }), MdpError::Number { what: "the reward", .. }));
        let mut later = b.clone();
        later.choice(choice(2, &[(0, 1.0)])).unwrap();
        assert_eq!(later.choice(choice(1, &[(0, 1.0)])).unwrap_err(), MdpError::Order { state: 1, last: 2 });
        assert_eq!(later.build().unwrap_err(), MdpError::NoChoice { state: 1 });
        assert_eq!(b.build().unwrap_err(), MdpError::NoChoice { state: 1 });
    }

    #[test]
    fn rows_within_tolerance_are_normalised() {
        let mut b = MdpBuilder::new(1);
        b.choice(choice(0, &[(0, 0.5), (0, 0.5 + 5e-10)])).unwrap();
        let m = b.build().unwrap();
        let sum: f64 = m.row(0).map(|x| x.1).sum();
        assert!((sum - 1.0).abs() < 1e-15 && m.entries() == 2 && m.choices() == 1);
    }
}
