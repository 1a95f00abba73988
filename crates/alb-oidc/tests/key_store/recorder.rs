//! A recorder of metrics: what was counted, set and measured, by name and labels.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

/// Clones are the same recorder.
#[derive(Clone, Debug, Default)]
pub(crate) struct MetricsRecorder(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, Vec<f64>>,
    described: Vec<String>,
}

impl MetricsRecorder {
    /// All values of a metric, in the order in which they came. `series` is the name, and the labels
    /// in the order of their names.
    pub(crate) fn values(&self, series: &str) -> Vec<f64> {
        let state = self.0.lock().unwrap();
        state.values.get(series).cloned().unwrap_or_default()
    }

    /// The sum of what was counted.
    pub(crate) fn count(&self, series: &str) -> f64 {
        self.values(series).iter().sum()
    }

    /// All series.
    pub(crate) fn series(&self) -> Vec<String> {
        self.0.lock().unwrap().values.keys().cloned().collect()
    }

    /// The names of what was described.
    pub(crate) fn described(&self) -> Vec<String> {
        self.0.lock().unwrap().described.clone()
    }

    fn of(&self, key: &Key) -> Arc<Series> {
        let mut labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        labels.sort();
        Arc::new(Series {
            recorder: self.clone(),
            name: format!("{}{{{}}}", key.name(), labels.join(",")),
        })
    }

    fn describe(&self, name: &KeyName) {
        let mut state = self.0.lock().unwrap();
        state.described.push(name.as_str().to_owned());
    }
}

struct Series {
    recorder: MetricsRecorder,
    name: String,
}

impl Series {
    fn push(&self, value: f64) {
        let mut state = self.recorder.0.lock().unwrap();
        state
            .values
            .entry(self.name.clone())
            .or_default()
            .push(value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.push(f64::from(u32::try_from(value).unwrap()));
    }

    fn absolute(&self, _: u64) {
        panic!("counters are only incremented");
    }
}

impl GaugeFn for Series {
    fn increment(&self, _: f64) {
        panic!("gauges are only set");
    }

    fn decrement(&self, _: f64) {
        panic!("gauges are only set");
    }

    fn set(&self, value: f64) {
        self.push(value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.push(value);
    }
}

impl Recorder for MetricsRecorder {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}
