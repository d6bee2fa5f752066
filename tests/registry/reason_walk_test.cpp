#include "protocol/code.hpp"
#include "reason_case.hpp"

#include <nlohmann/json.hpp>

#include <set>

using namespace latchkey;
using namespace latchkey::test;
using registry::Reason;

// Every reason of the catalogue is made to happen here, and stands in ledger and log alike.
namespace {

/// What stands in the ledger of the request that the line of the log is about, as `reason|detail|text`.
std::string ledger_of(ReasonCase& c, const nlohmann::json& line) {
  return c.database.shown(
      "SELECT a.reason, coalesce(a.detail, ''), v.reason FROM registry.attempt a JOIN registry.attempts v "
      "USING (tracking_id) WHERE v.reason_id = a.reason AND tracking_id = '" +
      line.at("tracking_id").get<std::string>() + "'");
}

/// The last line of the log about the device, which names the reason.
nlohmann::json happen(ReasonCase& c, void (*make)(ReasonCase&)) {
  make(c);
  const auto line = nlohmann::json::parse(c.serving().line());
  INFO(line.dump());
  CHECK(line.at("device_id").get<std::string>() == c.id);
  CHECK(line.at("reason").get<std::string>() == c.id);
  return line;
}

struct Part {
  const MadeReasons& (*reasons)();
  bool in_the_ledger = true;
};
const std::array parts = {Part{reasons_before_the_look_up, false},
                          Part{reasons_of_rows},
                          Part{reasons_of_proofs},
                          Part{reasons_of_certificates},
                          Part{reasons_of_what_is_asked_for},
                          Part{reasons_of_admission},
                          Part{reasons_of_statuses, false}};

/// Makes all of a part happen. Returns the codes that devices were told.
std::set<std::string> walk(Database& database, const Part& part) {
  std::set<std::string> codes;
  for (const auto& [reason, make] : part.reasons()) {
    ReasonCase c(database, reason);
    INFO(c.id);
    const auto line = happen(c, make);
    if (line.contains("code")) codes.insert(line.at("code").get<std::string>());
    if (!part.in_the_ledger) continue;
    const auto detail = line.at("detail").get<std::string>();
    CHECK(ledger_of(c, line) == c.id + "|" + detail + "|" + registry::Cause(reason, detail).text());
  }
  return codes;
}

}  // namespace

TEST_CASE("every reason is made to happen, and stands in ledger and log alike", "[reasons]") {
  Database database;
  std::size_t walked = 0;
  std::set<std::string> codes;
  for (const Part& part : parts) {
    codes.merge(walk(database, part));
    walked += part.reasons().size();
  }
  CHECK(walked == registry::reason_rows().size());
  // No device is told a code for which there is no reason here.
  for (int code = 0; code < static_cast<int>(protocol::Code::decided); ++code)
    CHECK(codes.contains(std::string(protocol::rule(static_cast<protocol::Code>(code)).name)));
}

TEST_CASE("what an operator is told to do has the device and the group filled in", "[reasons]") {
  Database database;
  for (const Reason reason : {Reason::not_on_the_list, Reason::enrolment_disabled}) {
    ReasonCase c(database, reason);
    happen(c, (reason == Reason::not_on_the_list ? reasons_of_admission() : reasons_of_proofs()).at(reason));
  }
  CHECK(database.shown("SELECT advice FROM registry.recent_rejections ORDER BY device_id", Login::reader) ==
        "SELECT registry.enable_device('enrolment_disabled', 'why') lets it in again.\n"
        "Add it to the list: latchkey enroll device not_on_the_list --group not_on_the_list --allow.");
}

TEST_CASE("a group's name that a stranger made up is filled in nowhere", "[reasons]") {
  Database database;
  ReasonCase c(database, Reason::no_enrolment);
  c.ask(c.by_mac(crypto::as_bytes(own_key), "x'); DROP TABLE device; --"));
  database.run(
      "UPDATE registry.reason SET advice = 'SELECT registry.enable_group(''{group}'', ''why'')' WHERE id = "
      "'no_enrolment'");
  CHECK(database.shown("SELECT group_name, advice FROM registry.recent_rejections", Login::reader) ==
        "x'); DROP TABLE device; --|SELECT registry.enable_group('GROUP', 'why')");
}

TEST_CASE(
    "advice tells the enrolment's fault from the device's, and a wrong signature from an old certificate",
    "[reasons]") {
  Database database;
  const std::map<Reason, std::string> begins = {
      {Reason::enrolled_key_not_accepted, "The device is not at fault: "},
      {Reason::enrolled_key_not_opened, "The device is not at fault: "},
      {Reason::renewal_not_signed, "It names one of its certificates but does not have the key. "}};
  for (const auto& [reason, beginning] : begins) {
    ReasonCase c(database, reason);
    happen(c, reasons_of_proofs().at(reason));
    const auto advice =
        database.shown("SELECT advice FROM registry.recent_rejections LIMIT 1", Login::reader);
    INFO(advice);
    CHECK(advice.starts_with(beginning));
  }
}
