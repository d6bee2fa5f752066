#include "mqtt/outbox.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace latchkey::mqtt;

namespace {

constexpr std::size_t window = 100;

/// An outbox that sends what it may, as the link does.
struct Sender {
  explicit Sender(std::size_t messages) {
    for (std::uint64_t tag = 1; tag <= messages; ++tag)
      outbox.push(nullptr, 0, tag);
  }
  void send() {
    while (outbox.has_next(window))
      if (auto* const item = outbox.next()) in_flight.push_back(item);
  }
  /// The broker acknowledged the first of those in flight.
  void acknowledge(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      outbox.finish(*in_flight[i]);
      outbox.allow_one_more();
    }
    in_flight.erase(in_flight.begin(), in_flight.begin() + static_cast<std::ptrdiff_t>(count));
  }
  /// The connection ended; the tag of the message that did it, 0: not known yet.
  std::uint64_t end() {
    auto* const culprit = outbox.blame();
    const auto tag = culprit == nullptr ? 0 : culprit->tag;
    if (culprit != nullptr) outbox.finish(*culprit);
    outbox.reclaim();
    in_flight.clear();
    return tag;
  }

  Outbox outbox{1000};
  std::vector<Outbox::Item*> in_flight;
};

}  // namespace

TEST_CASE("whom the end of a connection left unacknowledged begins alone, and more follow as they are taken",
          "[outbox]") {
  Sender sender(50);
  sender.send();
  CHECK(sender.in_flight.size() == 50);
  CHECK(sender.end() == 0);
  for (const std::size_t allowed : {1U, 2U, 4U, 8U}) {
    sender.send();
    CHECK(sender.in_flight.size() == allowed);
    sender.acknowledge(allowed);
  }
}

TEST_CASE("a message that is alone in flight at a second end is blamed, and no other", "[outbox]") {
  Sender sender(10);
  sender.send();
  sender.acknowledge(3);
  CHECK(sender.end() == 0);
  sender.send();
  CHECK(sender.end() == 4);
  sender.send();
  REQUIRE(sender.in_flight.size() == 1);
  CHECK(sender.in_flight[0]->tag == 5);
  sender.acknowledge(1);
  sender.send();
  sender.acknowledge(2);
  sender.send();
  sender.acknowledge(3);
  CHECK(sender.outbox.empty());
  CHECK(sender.end() == 0);
}

TEST_CASE("whoever was in flight at two ends goes alone, so that a third one tells", "[outbox]") {
  Sender sender(10);
  sender.send();
  CHECK(sender.end() == 0);
  sender.send();
  sender.acknowledge(1);
  sender.send();
  CHECK(sender.in_flight.size() == 2);
  CHECK(sender.end() == 0);
  sender.send();
  REQUIRE(sender.in_flight.size() == 1);
  sender.acknowledge(1);
  sender.send();
  REQUIRE(sender.in_flight.size() == 1);
  CHECK(sender.end() == 3);
}

TEST_CASE("one end alone blames nobody", "[outbox]") {
  Sender sender(1);
  sender.send();
  CHECK(sender.end() == 0);
  sender.send();
  sender.acknowledge(1);
  CHECK(sender.outbox.empty());
}
