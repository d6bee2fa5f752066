// Measures the gate without a broker: what it is told, what it keeps of it, and how long a broker waits for
// its decisions. Ends with 1 if a limit is not kept. The journal is on the disk that the current folder is
// on.
#include "gate/gate.hpp"

#include "crypto/certificate.hpp"
#include "tests/support/folder.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <stdexcept>

// What the broker's thread holds: the journal's thread has tables of its own for a while.
thread_local std::ptrdiff_t held_bytes = 0;

void* operator new(std::size_t size) {
  void* const made = std::malloc(size);
  if (made == nullptr) throw std::bad_alloc();
  held_bytes += static_cast<std::ptrdiff_t>(::malloc_usable_size(made) + sizeof(std::size_t));
  return made;
}
void operator delete(void* made) noexcept {
  if (made != nullptr)
    held_bytes -= static_cast<std::ptrdiff_t>(::malloc_usable_size(made) + sizeof(std::size_t));
  std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
  operator delete(made);
}

namespace {

using namespace latchkey;
using gate::Gate;
using Micros = std::chrono::duration<double, std::micro>;

// The limits are those of so many.
int devices = 100'000;
const char* number_of_devices = "100,000";
constexpr int lines_a_message = 24;
constexpr int rounds = 20'000;

bool all_kept = true;

void report(const char* what, double value, const char* unit, double most) {
  const bool is_kept = value <= most;
  all_kept = all_kept && is_kept;
  std::printf("%-58s %10.3f %-6s (limit %g)%s\n", what, value, unit, most, is_kept ? "" : "  NOT KEPT");
}

/// Of this thread: what other processes take of the machine does not count.
Micros thread_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

rusage usage() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  return used;
}

/// Keeps the longest time that the broker would wait, files included. Of work that did not sleep, its
/// processor time counts: on the clock is also what the machine's other tenants took. Work that slept (for a
/// file or a lock) counts by the clock, unless the kernel interrupted it to run another process.
class Stalls {
 public:
  template <class Work>
  void run(Work work) {
    const rusage before = usage();
    const auto begin = std::chrono::steady_clock::now();
    const Micros used = thread_time();
    work();
    const Micros worked = thread_time() - used;
    const Micros took = std::chrono::steady_clock::now() - begin;
    const rusage after = usage();
    const bool only_slept = after.ru_nvcsw != before.ru_nvcsw && after.ru_nivcsw == before.ru_nivcsw;
    longest_ = std::max(longest_, only_slept ? took : worked);
  }
  [[nodiscard]] double longest_ms() const { return longest_.count() / 1000; }

 private:
  Micros longest_{};
};

std::string id_of(char kind, int number) {
  char text[40];
  std::snprintf(text, sizeof text, "%c-5f1c7c1e-%06d-4f6b-9b1f", kind, number);
  return text;
}

std::string login_line(int number) {
  const std::string password = "password of " + std::to_string(number);
  const std::string salt = "00112233445566778899aabbccddeeff";
  return "d 1000000 " + id_of('p', number) + " 0 1:0:" + salt + ":" +
         gate::to_hex(gate::sha256(password, salt));
}

std::string denial_line(int number) {
  return "d 1000000 " + id_of('x', number) + " 4000000000";
}

std::string rights_line(int number) {
  return "r 1000000 " + id_of('r', number) + " 0a1b2c3d";
}

struct Bench {
  static crypto::Identity make_ca() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return crypto::make_ca("devices", {now - std::chrono::hours(1), now + std::chrono::hours(24)});
  }

  void say(const std::string& lines) {
    std::string answer;
    stalls.run([&] { answer = gate.control("@a", "@admin", "latchkey 1 x 0\n" + lines).value_or(""); });
    if (answer.find("\ndone ") == std::string::npos) throw std::runtime_error("refused: " + answer + lines);
    stalls.run([&] { gate.tick(static_cast<std::uint64_t>(std::time(nullptr))); });
  }

  void tell_all(const char* what, std::string (*line_of)(int)) {
    std::vector<std::string> messages;
    for (int n = 0; n < devices; ++n) {
      if (n % lines_a_message == 0) messages.emplace_back();
      messages.back() += line_of(n) + "\n";
    }
    const std::ptrdiff_t held = held_bytes;
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& message : messages)
      say(message);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    report((std::string(number_of_devices) + ' ' + what + " told").c_str(), took.count(), "s", 10);
    report((std::string("memory of one of ") + number_of_devices + ' ' + what).c_str(),
           static_cast<double>(held_bytes - held) / devices, "bytes", 300);
  }

  const test::Folder folder{std::filesystem::current_path()};
  crypto::Identity ca = make_ca();
  Stalls stalls;
  Gate gate{{{}, folder.write("ca.pem", ca.certificate.to_pem()), folder.path() / "state", 10'000'000}};
};

template <class Work>
double micros_each(int count, Work work) {
  const Micros begin = thread_time();
  for (int n = 0; n < count; ++n)
    work(n);
  return (thread_time() - begin).count() / count;
}

void measure_connects(Bench& bench) {
  const crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const crypto::Issuer issuer(bench.ca);
  const auto der = issuer.issue({.common_name = "m",
                                 .key = key.public_key(),
                                 .serial = crypto::random_serial(),
                                 .validity = {now - std::chrono::hours(1), now + std::chrono::hours(1)}});
  constexpr int connects = 2000;
  int client = 0;
  std::vector<crypto::Certificate> certificates;  // each read anew, as a connection's is
  certificates.reserve(connects);
  for (int n = 0; n < connects; ++n)
    certificates.push_back(crypto::Certificate::from_der(der.value()).value());
  report("CONNECT with a certificate",
         micros_each(connects,
                     [&](int n) {
                       const auto admission = bench.gate.connect(
                           {&client, "m", "", {}, certificates[static_cast<std::size_t>(n)].handle()});
                       if (admission != gate::Admission::accept_as_device)
                         throw std::runtime_error(bench.gate.why());
                     }),
         "us", 300);
  report("CONNECT with a password",
         micros_each(rounds,
                     [&](int n) {
                       const int number = n * 4 % devices;
                       const std::string id = id_of('p', number);
                       const std::string password = "password of " + std::to_string(number);
                       if (bench.gate.connect({&client, id, id + "@1", password, nullptr}) !=
                           gate::Admission::accept)
                         throw std::runtime_error(bench.gate.why());
                     }),
         "us", 10);
}

/// The devices are far apart in memory; what is asked has just been read, as in a broker.
void measure_acl(const Bench& bench) {
  constexpr int at_once = 50;
  double micros = 0;
  for (int from = 0; from < rounds; from += at_once) {
    std::vector<std::array<std::string, 2>> asked;
    for (int n = from; n < from + at_once; ++n) {
      const std::string id = id_of('r', n * 5 % devices);
      asked.push_back({id, "plant/" + id + "/telemetry/temperature"});
    }
    micros += micros_each(at_once, [&](int n) {
      const auto& [id, topic] = asked[static_cast<std::size_t>(n)];
      if (bench.gate.decide({id, id, gate::Access::write, topic}) != gate::Verdict::allow)
        throw std::runtime_error("denied: " + topic);
    });
  }
  report("an ACL decision by a right", micros * at_once / rounds, "us", 1);
}

void measure_journal() {
  gate::JournalText text;
  text.add(1, rights_line(0));
  const std::size_t before = text.size();
  text.add(1, rights_line(1));
  report("journal of one device's rights (an id of 28 characters)", static_cast<double>(text.size() - before),
         "bytes", 80);
}

void measure_snapshot(Bench& bench) {
  bench.say("begin 2000000");
  for (int n = 0; n < devices; n += lines_a_message) {
    std::string lines;
    for (int each = n; each < std::min(n + lines_a_message, devices); ++each)
      lines += denial_line(each) + "\n";
    bench.say(lines);
  }
  bench.say("end " + std::to_string(devices));  // and all passwords are dropped
  for (int n = 0; n < 1000; ++n)
    bench.stalls.run([&] { bench.gate.tick(static_cast<std::uint64_t>(std::time(nullptr))); });
}

void measure() {
  Bench bench;
  bench.say("begin 0\nend 0");
  bench.say("t 1 0a1b2c3d p:plant/${device_id}/telemetry/# s:plant/${device_id}/commands/#");
  bench.tell_all("passwords", login_line);
  bench.tell_all("denied devices", denial_line);
  bench.tell_all("rights", rights_line);
  measure_journal();
  measure_connects(bench);
  measure_acl(bench);
  measure_snapshot(bench);
  report("the longest stall of the broker's thread", bench.stalls.longest_ms(), "ms", 5);
}

}  // namespace

// An argument: the number of devices.
int main(int argc, char** argv) {
  try {
    if (argc > 1) devices = std::stoi(number_of_devices = argv[1]);
    measure();
  } catch (const std::exception& error) {
    std::cerr << "latchkey-gate-bench: " << error.what() << "\n";
    return 1;
  }
  return all_kept ? 0 : 1;
}
