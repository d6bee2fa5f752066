#include "operated.hpp"

using namespace latchkey;
using namespace latchkey::test;

// Labels of operators on devices.
namespace {

std::string labels_of(Operated& operated, const std::string& device) {
  return operated.shown("SELECT labels FROM registry.devices WHERE device_id = '" + device + "'");
}

}  // namespace

TEST_CASE_METHOD(Operated, "labels are set and removed one by one, on enrolled devices too", "[labels]") {
  register_devices(registry, {"a"});
  act("enroll_device('b', 'token', sha256('its own'))");
  CHECK(labels_of(*this, "a") == "-");
  CHECK(shown(R"(SELECT * FROM registry.set_labels('a', '{"site": "x", "note": "y"}', 'why'))") ==
        R"(a|{}|{"note": "y", "site": "x"})");
  CHECK(act(R"(set_labels('a', '{"site": "z", "note": null}', 'why'))").empty());
  CHECK(act(R"(set_labels('b', '{"site": "z"}', 'why'))").empty());
  CHECK(labels_of(*this, "a") == R"({"site": "z"})");
  CHECK(shown(R"(SELECT device_id FROM registry.devices WHERE labels @> '{"site": "z"}' ORDER BY 1)") ==
        "a\nb");
}

TEST_CASE_METHOD(Operated, "each change of labels is an event, and no change is none", "[labels]") {
  register_devices(registry, {"a"});
  for (int n = 0; n < 2; ++n)
    CHECK(act(R"(set_labels('a', '{"site": "x"}', 'moved'))").empty());
  CHECK(shown("SELECT action, reason FROM registry.events WHERE action = 'set_labels'") ==
        "set_labels|moved: site");
}

TEST_CASE_METHOD(Operated, "labels on many devices have a row for each", "[labels]") {
  register_devices(registry, {"a", "b"});
  CHECK(shown("SELECT device_id, outcome, refusal, new_labels FROM registry.set_device_labels("
              R"('{b,nobody,a,a}', '{"k": "v"}', 'why'))") ==
        "a|done|-|{\"k\": \"v\"}\nb|done|-|{\"k\": \"v\"}\nnobody|refused|there is no device nobody|-");
}

TEST_CASE_METHOD(Operated, "wrong labels are refused", "[labels]") {
  register_devices(registry, {"a"});
  std::string many;
  for (int n = 0; n < 33; ++n)
    many.append(many.empty() ? "" : ", ").append("\"k" + std::to_string(n) + "\": \"v\"");
  const std::vector<Wrong> wrongs = {
      {"set_labels('a', '{}', 'why')", "22023", "at least one member"},
      {"set_labels('a', '[]', 'why')", "22023", "at least one member"},
      {"set_labels('a', NULL, 'why')", "22023", "at least one member"},
      {"set_labels('a', '{\"A\": \"v\"}', 'why')", "22023", "no name of a label"},
      {"set_labels('a', '{\"a\": 1}', 'why')", "22023", "no text"},
      {"set_labels('a', '{\"a\": \"\"}', 'why')", "22023", "no text"},
      {"set_labels('a', '{" + many + "}', 'why')", "22023", "more than 32"},
      {"set_labels('no', '{\"a\": \"v\"}', 'why')", "P0002", "no device no"}};
  for (const Wrong& wrong : wrongs)
    check_refused(wrong);
  CHECK(labels_of(*this, "a") == "-");
}

TEST_CASE_METHOD(Operated, "forget erases labels, and no event has them", "[labels]") {
  register_devices(registry, {"a"});
  CHECK(act(R"(set_labels('a', '{"owner": "alice"}', 'why'))").empty());
  CHECK(act("decommission('a', 'sold')").empty());
  CHECK(act("forget('a', 'sold')").empty());
  CHECK(shown("SELECT count(*) FROM registry.events WHERE reason LIKE '%alice%'") == "0");
  CHECK(labels_of(*this, "a") == "-");
}
