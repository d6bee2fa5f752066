// The CPU time that the service takes for a request, beside that of its OpenSSL operations alone: ./dev bench
// --micro.

#include "bench/floor.hpp"
#include "bench/micro/pure_path.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace latchkey;
using bench::Kind;
using bench::PurePath;

const PurePath& pure(Kind kind) {
  static const PurePath hs256(Kind::hs256_csr);
  static const PurePath x5c(Kind::es256_x5c_csr);
  return kind == Kind::hs256_csr ? hs256 : x5c;
}

template <class Run>
void repeat(benchmark::State& state, const Run& run) {
  while (state.KeepRunning())
    benchmark::DoNotOptimize(run());
}

void floor(benchmark::State& state, Kind kind) {
  const auto run = kind == Kind::hs256_csr ? bench::hs256_csr_floor(true) : bench::es256_x5c_csr_floor(true);
  while (state.KeepRunning())
    run();
}

void path(benchmark::State& state, Kind kind) {
  const auto received = pure(kind).decode();
  repeat(state, [&] { return pure(kind).provision(received); });
}

void unsealed(benchmark::State& state) {
  static const PurePath clear(Kind::hs256_csr, registry::Sealing::never);
  const auto received = clear.decode();
  repeat(state, [&] { return clear.provision(received); });
}

void status(benchmark::State& state, bool is_protected) {
  bench::PureStatus pure_status(is_protected);
  repeat(state, [&] { return pure_status.answer(); });
}

// Each step by itself, with the results of the steps before it.

void decode(benchmark::State& state, Kind kind) {
  repeat(state, [&] { return pure(kind).decode(); });
}

void authenticate(benchmark::State& state, Kind kind) {
  const auto received = pure(kind).decode();
  repeat(state, [&] { return pure(kind).authenticate(received); });
}

void decide(benchmark::State& state, Kind kind) {
  const auto received = pure(kind).decode();
  const auto verified = pure(kind).authenticate(received);
  repeat(state, [&] { return pure(kind).decide(verified); });
}

void issue(benchmark::State& state, Kind kind) {
  const auto received = pure(kind).decode();
  const auto verified = pure(kind).authenticate(received);
  const auto grant = pure(kind).decide(verified);
  repeat(state, [&] { return pure(kind).issue(grant); });
}

void answer(benchmark::State& state, Kind kind) {
  const auto received = pure(kind).decode();
  const auto resolved = pure(kind).resolve(pure(kind).authenticate(received));
  repeat(state, [&] { return pure(kind).answer(resolved); });
}

}  // namespace

BENCHMARK_CAPTURE(floor, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(path, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(decode, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(authenticate, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(decide, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(issue, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(answer, hs256_csr, Kind::hs256_csr);
BENCHMARK_CAPTURE(floor, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(path, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(decode, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(authenticate, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(decide, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(issue, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK_CAPTURE(answer, es256_x5c_csr, Kind::es256_x5c_csr);
BENCHMARK(unsealed);
BENCHMARK_CAPTURE(status, as_protected, true);
BENCHMARK_CAPTURE(status, plain, false);

BENCHMARK_MAIN();
