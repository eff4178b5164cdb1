//! Tests of the governor.
