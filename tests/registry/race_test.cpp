#include "database.hpp"
#include "registry/requests.hpp"
#include "registry/statuses.hpp"
#include "rows.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <latch>
#include <mutex>
#include <random>
#include <thread>

using namespace latchkey;
using registry::DecidedRequest;
using registry::DeviceState;
using registry::Failure;
using registry::Outcome;
using registry::Registry;
using test::Database;
using test::Login;

namespace {

struct Job {
  std::string device;
  std::string request;
};
using Jobs = std::vector<Job>;

/// Nothing was written, and the same again is right: a lost race, or a call that took too long on a machine
/// that does a lot else at the same time.
bool to_be_repeated(const registry::Error& error) {
  return error.failure == Failure::contention || error.failure == Failure::locked ||
         error.failure == Failure::too_slow || error.failure == Failure::unavailable;
}

/// Failures of worker threads: Catch2's assertions are not for several threads.
class Complaints {
 public:
  void add(const registry::Error& error) {
    if (to_be_repeated(error)) return;
    ++count_;
    const std::scoped_lock guard(mutex_);
    last_ = error.what;
  }
  void check() const {
    INFO(last_);
    CHECK(count_ == 0);
  }

 private:
  std::atomic<int> count_ = 0;
  std::mutex mutex_;
  std::string last_;
};

/// Starts them all at the same moment and waits for them.
template <class Act>
void in_threads(int count, const Act& act) {
  std::latch start(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      act(i);
    });
  }
}

std::string device_name(int n) {
  return "device-" + std::to_string(n);
}

Jobs shuffled(int devices, int requests, unsigned seed) {
  Jobs jobs;
  for (int n = 0; n < devices; ++n)
    for (int r = 0; r < requests; ++r)
      jobs.push_back({device_name(n), "request " + std::to_string(r)});
  std::ranges::shuffle(jobs, std::mt19937(seed));
  return jobs;
}

/// The next jobs, a device at most once among them; the others stay.
Jobs take_batch(Jobs& jobs, std::size_t size) {
  Jobs batch;
  Jobs later;
  for (Job& job : jobs) {
    const bool taken = batch.size() == size ||
                       std::ranges::any_of(batch, [&](const Job& b) { return b.device == job.device; });
    (taken ? later : batch).push_back(std::move(job));
  }
  jobs = std::move(later);
  return batch;
}

/// What the service would decide, as far as it matters here: repeat, register or rotate.
DecidedRequest decide(const Job& job, const registry::RequestFacts& facts) {
  if (facts.same_request && !facts.same_request->live)
    return test::rejected(job.device, registry::Reason::request_id_ended);
  if (facts.same_request) return test::repeated(job.device, facts.same_request->generation);
  if (!facts.device) return test::accepted({.device = job.device, .request = job.request});
  return test::accepted({.device = job.device,
                         .request = job.request,
                         .expected = facts.device->generation,
                         .to_registered = facts.device->state == DeviceState::off});
}

/// One turn: the jobs that have to be done again.
registry::Result<Jobs> turn(Registry& registry, const Jobs& jobs) {
  std::vector<registry::RequestKey> keys;
  for (const Job& job : jobs)
    keys.push_back(test::key_of(job.device, job.request));
  const auto loaded = load_requests(registry, keys);
  if (!loaded) return std::unexpected(loaded.error());
  std::vector<DecidedRequest> rows;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    rows.push_back(decide(jobs[i], loaded->facts[i]));
  const auto outcomes = commit_requests(registry, rows);
  if (!outcomes) return std::unexpected(outcomes.error());
  Jobs again;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if ((*outcomes)[i] == Outcome::again || (*outcomes)[i] == Outcome::busy) again.push_back(jobs[i]);
  return again;
}

void work(Registry& registry, Jobs jobs, Complaints& complaints) {
  while (!jobs.empty()) {
    Jobs batch = take_batch(jobs, 25);
    const auto again = turn(registry, batch);
    if (!again) complaints.add(again.error());
    if (!again && !to_be_repeated(again.error())) return;
    std::ranges::copy(again ? *again : batch, std::back_inserter(jobs));
  }
}

/// Devices connect with their newest credential while others rotate it.
void connect_devices(Registry& registry, const Jobs& jobs, Complaints& complaints) {
  for (const Job& job : jobs) {
    const registry::RequestKey key = test::key_of(job.device, job.request);
    const auto loaded = load_requests(registry, std::span(&key, 1));
    if (!loaded) return complaints.add(loaded.error());
    const auto& device = loaded->facts[0].device;
    // Of a suspended device the service takes no status (service/enrolment/lifecycle).
    if (!device || device->state == DeviceState::suspended) continue;
    const auto row = test::connected({job.device, device->state, DeviceState::connected}, device->generation);
    const auto outcome = commit_statuses(registry, std::span(&row, 1));
    if (!outcome) complaints.add(outcome.error());
  }
}

/// An operator who suspends, resumes and resets whatever there is.
void act_on_devices(const Database& database, const Jobs& jobs) {
  const auto connection = database.connect(Login::ops);
  for (const Job& job : jobs) {
    for (const std::string act : {"suspend('$', 'why')", "resume('$', 'why')", "reset('$', 'why')"}) {
      const auto id = act.find('$');
      try {
        pqxx::nontransaction(*connection)
            .exec("SELECT registry." + act.substr(0, id) + job.device + act.substr(id + 1));
      } catch (const pqxx::sql_error&) {
        // Not registered yet, or not in a state for it: part of the race.
      }
    }
  }
}

}  // namespace

TEST_CASE("eight workers of two replicas register every device once", "[race]") {
  constexpr int devices = 200;
  constexpr int requests = 4;
  Database database;
  Complaints complaints;
  in_threads(8, [&](int thread) {
    Registry registry = database.registry();
    work(registry, shuffled(devices, requests, static_cast<unsigned>(thread)), complaints);
  });
  complaints.check();
  CHECK(database.shown("SELECT count(*), min(generation), max(generation) FROM registry.device") ==
        "200|4|4");
  CHECK(database.shown("SELECT count(*), count(DISTINCT (device_id, request_id)) FROM registry.credential") ==
        "800|800");
  CHECK(database.shown("SELECT count(*) FROM (SELECT device_id FROM registry.credential GROUP BY 1 HAVING "
                       "array_agg(generation ORDER BY generation) <> '{1,2,3,4}') t") == "0");
  CHECK(database.shown("SELECT status, count(*) FROM registry.credential GROUP BY 1 ORDER BY 1") ==
        "issued|200\nretired|600");
  CHECK(
      database.shown(
          "SELECT action, old_state, new_state, count(*) FROM registry.event GROUP BY 1, 2, 3 ORDER BY 1") ==
      "credential|registered|registered|600\nstate|off|registered|200");
  CHECK(database.shown("SELECT count(*) FROM registry.attempt WHERE decision = 'accepted'") == "800");
}

TEST_CASE("rotations, connections and operators at once leave at most two live credentials a device",
          "[race]") {
  constexpr int devices = 60;
  Database database;
  Complaints complaints;
  in_threads(8, [&](int thread) {
    Registry registry = database.registry();
    const auto seed = static_cast<unsigned>(thread);
    if (thread < 5) return work(registry, shuffled(devices, 6, seed), complaints);
    if (thread < 7) return connect_devices(registry, shuffled(devices, 6, seed), complaints);
    act_on_devices(database, shuffled(devices, 2, seed));
  });
  complaints.check();
  CHECK(database.shown(
            "SELECT count(*) FROM (SELECT device_id FROM registry.credential WHERE status IN ('issued', "
            "'active') GROUP BY 1 HAVING count(*) > 2) t") == "0");
  CHECK(database.shown(
            "SELECT count(*) FROM (SELECT device_id FROM registry.credential WHERE status = 'issued' "
            "GROUP BY 1 HAVING count(*) > 1) t") == "0");
  // Generations are 1, 2, 3 ... of each device, and the device knows the newest.
  CHECK(
      database.shown(
          "SELECT count(*) FROM registry.device d JOIN (SELECT device_id, count(*) AS n, max(generation) AS "
          "newest FROM registry.credential GROUP BY 1) c USING (device_id) WHERE d.generation <> c.newest "
          "OR c.n <> c.newest") == "0");
  // Each event begins where the one before it ended, so none is missing and none is twice.
  CHECK(database.shown(
            "SELECT count(*) FROM (SELECT old_state, lag(new_state, 1, 'off') OVER (PARTITION BY device_id "
            "ORDER BY at) AS before FROM registry.event) e WHERE old_state <> before") == "0");
  CHECK(database.shown(
            "SELECT count(*) FROM registry.device d JOIN LATERAL (SELECT new_state FROM registry.event e "
            "WHERE e.device_id = d.device_id ORDER BY at DESC LIMIT 1) e ON true WHERE d.state <> "
            "e.new_state") == "0");
}

TEST_CASE("a quota is exact when everybody comes at once", "[race]") {
  Database database;
  database.run("SELECT registry.enroll_group('capped', 'symmetric_key', '\\x01' || sha512('\\x00'), 50)",
               Login::ops);
  std::atomic<int> won = 0;
  std::atomic<int> over = 0;
  Complaints complaints;
  in_threads(2, [&](int thread) {
    Registry registry = database.registry();
    for (int batch = 0; batch < 10; ++batch) {
      std::vector<DecidedRequest> rows;
      for (int n = 0; n < 10; ++n)
        rows.push_back(test::accepted({.device = device_name(100 * thread + 10 * batch + n),
                                       .group = "capped",
                                       .quota = "group:capped"}));
      auto outcomes = commit_requests(registry, rows);
      // All are of one group: its quota was locked for too long.
      while (outcomes && std::ranges::count(*outcomes, Outcome::busy) > 0)
        outcomes = commit_requests(registry, rows);
      if (!outcomes) return complaints.add(outcomes.error());
      won += static_cast<int>(std::ranges::count(*outcomes, Outcome::won));
      over += static_cast<int>(std::ranges::count(*outcomes, Outcome::quota_exceeded));
    }
  });
  complaints.check();
  CHECK(won == 50);
  CHECK(over == 150);
  CHECK(database.shown("SELECT used, max FROM registry.quota") == "50|50");
  CHECK(database.shown("SELECT count(*) FROM registry.device") == "50");
  CHECK(database.shown("SELECT decision, count(*) FROM registry.attempt GROUP BY 1 ORDER BY 1") ==
        "accepted|50\nrejected|150");
}
