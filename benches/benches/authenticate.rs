//! How long a decision takes.

use benches::{Operation, Workload};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn authenticate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token");
    group.throughput(Throughput::Elements(1));
    for operation in Operation::ALL {
        let mut workload = Workload::new(operation);
        group.bench_function(operation.name(), |bencher| bencher.iter(|| workload.run()));
    }
    group.finish();
}

criterion_group!(benches, authenticate);
criterion_main!(benches);
