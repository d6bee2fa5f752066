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
    REQUIRE(inbox.push(message(std::string_view(&id, 1))));
}

}  // namespace

TEST_CASE("a batch is what waits, in its order, and not more than was asked for", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "abcde");
  CHECK(ids_of(inbox.take(3)) == "abc");
  CHECK(ids_of(inbox.take(3)) == "de");
}

TEST_CASE("a batch ends before a device's second message", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "abaab");
  CHECK(ids_of(inbox.take(9)) == "ab");
  CHECK(ids_of(inbox.take(9)) == "a");
  CHECK(ids_of(inbox.take(9)) == "ab");
}

TEST_CASE("a message comes out as it was put in", "[inbox]") {
  Inbox inbox(plenty);
  const auto received = Steady::now();
  REQUIRE(inbox.push({protocol::Channel::status, device("a"), "payload", "correlation", received}));
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
    CHECK(inbox.push(message(id, std::string(1000, 'x'))));
  CHECK_FALSE(inbox.push(message("d")));
  CHECK(inbox.take(1).size() == 1);
  CHECK(inbox.push(message("d", std::string(1000, 'x'))));
  CHECK_FALSE(inbox.push(message("e")));
}

TEST_CASE("correlation data counts towards the bound, and so do messages without a byte", "[inbox]") {
  Inbox inbox(2 * sizeof(Inbound) + 100);
  auto large = message("a");
  large.correlation_data = std::string(2 * sizeof(Inbound) + 100, 'x');
  CHECK_FALSE(inbox.push(std::move(large)));
  CHECK(inbox.push(message("a")));
  CHECK(inbox.push(message("b")));
  CHECK_FALSE(inbox.push(message("c")));
}

TEST_CASE("a message that was not taken in is still the caller's", "[inbox]") {
  Inbox inbox(1);
  auto kept = message("a", "payload");
  CHECK_FALSE(inbox.push(std::move(kept)));
  CHECK(kept.payload == "payload");  // NOLINT(bugprone-use-after-move): that is the point
}

TEST_CASE("closing drops what waits and lets nothing in", "[inbox]") {
  Inbox inbox(plenty);
  put(inbox, "ab");
  inbox.close();
  CHECK(inbox.take(9).empty());
  CHECK_FALSE(inbox.push(message("c")));
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
