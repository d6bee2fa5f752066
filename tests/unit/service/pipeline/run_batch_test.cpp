#include "service/pipeline/run_batch.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <numeric>
#include <set>

using namespace latchkey;
using registry::Failure;

namespace {

/// Numbers as jobs, a step that is told how to behave, and what became of each job.
struct Batch {
  using Jobs = std::span<int* const>;
  using Outcome = std::expected<std::vector<int*>, registry::Error>;

  explicit Batch(int size) : jobs(static_cast<std::size_t>(size)) { std::iota(jobs.begin(), jobs.end(), 0); }

  template <class Step>
  void run(const Step& step, int rounds = service::most_rounds) {
    std::vector<int*> open;
    for (int& job : jobs)
      open.push_back(&job);
    const auto counted = [&](Jobs part) {
      ++steps;
      auto outcome = step(part);
      if (outcome) answer(part, *outcome);
      return outcome;
    };
    const auto left =
        service::run_batch(std::move(open), counted, [&](int& job, Failure) { refused.insert(job); }, rounds);
    for (const int* job : left)
      unanswered.insert(*job);
    CHECK(answered.size() + refused.size() + unanswered.size() == jobs.size());
  }

  void answer(Jobs part, const std::vector<int*>& again) {
    for (int* job : part)
      if (std::ranges::find(again, job) == again.end()) CHECK(answered.insert(*job).second);
  }

  std::vector<int> jobs;
  std::multiset<int> refused;
  std::set<int> answered;
  std::set<int> unanswered;
  int steps = 0;
};

Batch::Outcome all_done() {
  return std::vector<int*>();
}
Batch::Outcome fails(Failure failure) {
  return std::unexpected(registry::Error{failure, "so the registry says"});
}
Batch::Outcome all_again(Batch::Jobs part) {
  return std::vector<int*>(part.begin(), part.end());
}
bool holds(Batch::Jobs part, int job) {
  return std::ranges::any_of(part, [job](const int* other) { return *other == job; });
}

}  // namespace

TEST_CASE("a batch that goes through takes one step, an empty one none", "[run_batch]") {
  Batch batch(100);
  batch.run([](Batch::Jobs) { return all_done(); });
  CHECK(batch.steps == 1);
  CHECK(batch.answered.size() == 100);
  Batch empty(0);
  empty.run([](Batch::Jobs) { return all_done(); });
  CHECK(empty.steps == 0);
}

TEST_CASE("only what lost a race is decided again", "[run_batch]") {
  Batch batch(10);
  batch.run([&](Batch::Jobs part) -> Batch::Outcome {
    if (batch.steps > 1) return all_done();
    return std::vector<int*>{part[3], part[7]};
  });
  CHECK(batch.steps == 2);
  CHECK(batch.answered.size() == 10);
}

TEST_CASE("contention and a commit in doubt run the whole batch again", "[run_batch]") {
  for (const auto failure : {Failure::contention, Failure::in_doubt}) {
    Batch batch(10);
    batch.run([&](Batch::Jobs part) {
      CHECK(part.size() == 10);
      return batch.steps == 1 ? fails(failure) : all_done();
    });
    CHECK(batch.steps == 2);
    CHECK(batch.answered.size() == 10);
  }
}

TEST_CASE("a registry that is away is asked once, and nobody is refused for it", "[run_batch]") {
  Batch batch(10);
  batch.run([](Batch::Jobs) { return fails(Failure::unavailable); });
  CHECK(batch.steps == 1);
  CHECK(batch.unanswered.size() == 10);
}

TEST_CASE("a poison row is refused alone, wherever it stands", "[run_batch]") {
  for (const int poison : {0, 1, 63, 64, 127}) {
    Batch batch(128);
    batch.run([&](Batch::Jobs part) { return holds(part, poison) ? fails(Failure::poison) : all_done(); });
    INFO(poison);
    CHECK(batch.refused == std::multiset<int>{poison});
    CHECK(batch.answered.size() == 127);
    CHECK(batch.steps == 15);  // twice the depth of 128, and the first
  }
}

TEST_CASE("of several poison rows each is refused, and nobody else", "[run_batch]") {
  Batch batch(100);
  batch.run([](Batch::Jobs part) {
    return holds(part, 0) || holds(part, 1) || holds(part, 99) ? fails(Failure::poison) : all_done();
  });
  CHECK(batch.refused == std::multiset<int>{0, 1, 99});
  CHECK(batch.answered.size() == 97);
}

TEST_CASE("a registry that goes away while a batch is split refuses nobody", "[run_batch]") {
  Batch batch(8);
  batch.run([&](Batch::Jobs) { return fails(batch.steps == 1 ? Failure::poison : Failure::unavailable); });
  CHECK(batch.unanswered.size() == 8);
}

TEST_CASE("a row that takes the registry too long, or meets a lock, stands alone at last", "[run_batch]") {
  for (const auto failure : {Failure::too_slow, Failure::locked}) {
    Batch batch(128);
    batch.run([&](Batch::Jobs part) { return holds(part, 77) ? fails(failure) : all_done(); });
    CHECK(batch.answered.size() == 127);
    CHECK(batch.refused == std::multiset<int>{77});
    CHECK(batch.steps == 15);
  }
}

TEST_CASE("a registry that is slow for everybody is not asked row by row", "[run_batch]") {
  for (const auto failure : {Failure::too_slow, Failure::locked}) {
    Batch batch(512);
    batch.run([&](Batch::Jobs) { return fails(failure); });
    CHECK(batch.steps == service::most_stalls);
    CHECK(batch.unanswered.size() + batch.refused.size() == 512);
    CHECK(batch.refused.size() <= 2);
  }
}

TEST_CASE("who loses every race is told to come back, never refused", "[run_batch]") {
  Batch lone(1);
  lone.run(all_again);
  CHECK(lone.steps == service::most_rounds);
  CHECK(lone.unanswered.size() == 1);
  Batch contended(1);
  contended.run([](Batch::Jobs) { return fails(Failure::contention); }, 1);
  CHECK(contended.unanswered.size() == 1);
}

TEST_CASE("a batch that meets others every time is split, in a bounded number of steps", "[run_batch]") {
  Batch batch(200);
  std::size_t smallest = 200;
  batch.run([&](Batch::Jobs part) {
    smallest = std::min(smallest, part.size());
    return all_again(part);
  });
  CHECK(batch.unanswered.size() == 200);
  CHECK(smallest < 20);
  CHECK(batch.steps < 60);
}

TEST_CASE("one job that is contended does not keep its neighbours", "[run_batch]") {
  Batch batch(8);
  batch.run([](Batch::Jobs part) { return holds(part, 5) ? all_again(part) : all_done(); });
  CHECK(batch.unanswered == std::set<int>{5});
  CHECK(batch.answered.size() == 7);
}
