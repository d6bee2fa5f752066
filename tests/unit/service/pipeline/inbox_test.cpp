#include "service/pipeline/inbox.hpp"

#include "support/catch.hpp"
#include "unit/service/fixtures.hpp"

#include <future>

using namespace latchkey;
using namespace latchkey::service;
using fixtures::device;

namespace {

constexpr std::size_t plenty = 1 << 20;

Inbound message(std::string_view id, std::string payload = "") {
  return {protocol::Channel::request, device(id), std::move(payload), {}, {}};
}

std::string ids_of(const std::vector<Inbound>& batch) {
  std::string ids;
  for (const auto& inbound : batch)
    ids += inbound.device_id.text();
  return ids;
}

void put(Inbox& inbox, std::string_view ids) {
  for (const char id : ids)
    REQUIRE(inbox.push(message(std::string_view(&id, 1))) == Admission::taken);
}

}  // namespace

TEST_CASE("a batch is what waits, in its order, and not more than was asked for", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "abcde");
  CHECK(ids_of(inbox.take(3)) == "abc");
  CHECK(ids_of(inbox.take(3)) == "de");
}

TEST_CASE("requests of one device come together, so that a flood of them is worked off at a batch's pace",
          "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "aaba");
  CHECK(ids_of(inbox.take(9)) == "aaba");
}

TEST_CASE("a batch holds one status of a device, and its further ones wait in their order", "[inbox]") {
  Inbox inbox(plenty);
  for (const auto* payload : {"1", "2", "3"}) {
    auto status = message("a", payload);
    status.channel = protocol::Channel::status;
    REQUIRE(inbox.push(std::move(status)) == Admission::taken);
  }
  put(inbox, "b");
  CHECK(ids_of(inbox.take(9)) == "ab");
  CHECK(inbox.take(9).at(0).payload == "2");
  put(inbox, "c");
  const auto last = inbox.take(9);
  CHECK(ids_of(last) == "ac");
  CHECK(last.at(0).payload == "3");
}

TEST_CASE("a device that floods fills its own share only", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, std::string(32, 'a'));
  CHECK(inbox.push(message("a")) == Admission::shed);
  CHECK(inbox.push(message("b")) == Admission::taken);
  // The one that was shed comes along, to be told so.
  CHECK(ids_of(inbox.take(33)) == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaba");
  CHECK(inbox.push(message("a")) == Admission::taken);
}

TEST_CASE("what is shed keeps its address and loses its payload", "[inbox]") {
  Inbox inbox(1);
  auto request = message("a", std::string(20000, 'x'));
  request.correlation_data = "correlation";
  CHECK(inbox.push(std::move(request)) == Admission::shed);
  const auto batch = inbox.take(9);
  REQUIRE(batch.size() == 1);
  CHECK(batch[0].shed);
  CHECK(batch[0].payload.empty());
  CHECK(batch[0].payload.capacity() < 100);  // nor does it keep the memory
  CHECK(batch[0].correlation_data == "correlation");
}

TEST_CASE("a status is never shed, and requests only up to a bound", "[inbox]") {
  Inbox inbox(1);
  CHECK(inbox.push({protocol::Channel::status, device("a"), {}, {}, {}}) == Admission::dropped);
  for (int i = 0; i < 1000; ++i)
    REQUIRE(inbox.push(message("a")) == Admission::shed);
  CHECK(inbox.push(message("a")) == Admission::dropped);
}

TEST_CASE("a message comes out as it was put in", "[inbox]") {
  Inbox inbox(plenty);
  const auto received = Steady::now();
  REQUIRE(inbox.push({protocol::Channel::status, device("a"), "payload", "correlation", received}) ==
          Admission::taken);
  const auto batch = inbox.take(1);
  REQUIRE(batch.size() == 1);
  CHECK(batch[0].channel == protocol::Channel::status);
  CHECK(batch[0].payload == "payload");
  CHECK(batch[0].correlation_data == "correlation");
  CHECK(batch[0].received == received);
}

TEST_CASE("an inbox is bounded in bytes, and takes more once some were taken out", "[inbox]") {
  Inbox inbox(3 * (sizeof(Inbound) + 1001));
  for (const auto* id : {"a", "b", "c"})
    CHECK(inbox.push(message(id, std::string(1000, 'x'))) == Admission::taken);
  CHECK(inbox.push(message("d")) == Admission::shed);
  CHECK(ids_of(inbox.take(1)) == "ad");
  CHECK(inbox.push(message("d", std::string(1000, 'x'))) == Admission::taken);
  CHECK(inbox.push(message("e")) != Admission::taken);
}

TEST_CASE("correlation data counts towards the bound, and so do messages without a byte", "[inbox]") {
  Inbox inbox(2 * sizeof(Inbound) + 100);
  auto large = message("a");
  large.correlation_data = std::string(2 * sizeof(Inbound) + 100, 'x');
  CHECK(inbox.push(std::move(large)) != Admission::taken);
  CHECK(inbox.push(message("a")) == Admission::taken);
  CHECK(inbox.push(message("b")) == Admission::taken);
  CHECK(inbox.push(message("c")) != Admission::taken);
}

TEST_CASE("draining waits until a worker took all that waits, and not for ever", "[inbox]") {
  Inbox inbox(plenty);
  CHECK(inbox.drain(service::Steady::now()));
  put(inbox, "ab");
  CHECK_FALSE(inbox.drain(service::Steady::now()));
  auto drained = std::async(std::launch::async,
                            [&] { return inbox.drain(service::Steady::now() + std::chrono::minutes(1)); });
  CHECK(ids_of(inbox.take(1)) == "a");
  CHECK(ids_of(inbox.take(1)) == "b");
  CHECK(drained.get());
}

TEST_CASE("closing drops what waits and lets nothing in", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "ab");
  inbox.close();
  CHECK(inbox.take(9).empty());
  CHECK(inbox.push(message("c")) != Admission::taken);
  CHECK(inbox.take(9).empty());
}

TEST_CASE("a worker that waits is woken by a message", "[inbox]") {
  Inbox inbox(plenty);
  auto taken = std::async(std::launch::async, [&] { return inbox.take(9); });
  put(inbox, "a");
  CHECK(ids_of(taken.get()) == "a");
}

TEST_CASE("every worker that waits is woken by closing", "[inbox]") {
  Inbox inbox(plenty);
  auto one = std::async(std::launch::async, [&] { return inbox.take(9); });
  auto two = std::async(std::launch::async, [&] { return inbox.take(9); });
  inbox.close();
  CHECK(one.get().empty());
  CHECK(two.get().empty());
}
