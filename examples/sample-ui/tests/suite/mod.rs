//! The same tests for each framework: whoever includes them names it as `FRAMEWORK`.

mod app;
mod around_the_load_balancer;
mod behind_alb;
mod browser;
mod counter;
mod end_to_end;
mod groups;
mod visitor;
