//! How long a decision takes, by criterion, in the thread's CPU time.

use std::time::Duration;

use benches::{Operation, thread_cpu_time};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// The CPU time of the thread that measures.
struct ThreadCpuTime;

impl Measurement for ThreadCpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        thread_cpu_time()
    }

    fn end(&self, start: Duration) -> Duration {
        thread_cpu_time().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, time: &Duration) -> f64 {
        WallTime.to_f64(time)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn authenticate(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("token");
    group.throughput(Throughput::Elements(1));
    for operation in Operation::ALL {
        let mut workload = operation.workload();
        group.bench_function(operation.name, |bencher| bencher.iter(|| workload.run()));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpuTime);
    targets = authenticate
}
criterion_main!(benches);
