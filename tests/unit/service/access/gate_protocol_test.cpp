#include "service/access/gate_protocol.hpp"

#include "gate/tables.hpp"
#include "service/issuing/issue.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::service::access;

namespace {

registry::GateEntry entry_of(const std::string& id, std::int64_t version) {
  registry::GateEntry entry;
  entry.device_id = id;
  entry.version = version;
  return entry;
}

registry::GateEntry::Login login_of(std::int64_t generation) {
  return {generation, 2000000000, crypto::Bytes(16, 7), crypto::Bytes(32, 0xab)};
}

const protocol::Topics topics;

registry::GateAccess access_of(std::vector<registry::GateEntry> entries) {
  return {1, {}, std::move(entries)};
}

/// What the gate makes of it.
gate::Tables told(const registry::GateAccess& access) {
  gate::Tables tables(1000);
  tables.at(1000000000);
  for (const std::string& line : in_order(access, topics)) {
    INFO(line);
    const auto read = gate::read_statement(line);
    REQUIRE(read);
    CHECK(gate::write_statement(*read) == line);
    CHECK(tables.apply(*read, line) == gate::Applied::changed);
  }
  return tables;
}

/// The first words of the lines, in order.
std::string order_of(const registry::GateAccess& access) {
  std::string order;
  for (const std::string& line : in_order(access, topics))
    order += line.front();
  return order;
}

std::string answer_of(const std::string& state, const std::string& done = "done 1 0") {
  return "latchkey 1 abc\nstate " + state + "\n" + done + "\n";
}

}  // namespace

TEST_CASE("the gate reads what the service says, and both have the same digest of it", "[broker_access]") {
  auto denied = entry_of("7", 3);
  denied.denied_until = 2000000001;
  denied.denied_serials = {{{0x00, 0x0a, 0xbc}, 2000000002}, {{0x10}, 2000000003}};
  auto login = entry_of("a:b.c", 4);
  login.logins = {login_of(1), login_of(12)};
  const auto nothing = entry_of("nobody", 5);
  auto entitled = entry_of("entitled", 0);
  entitled.rights = {"meters", 6, true};
  auto access = access_of({denied, login, nothing, entitled});
  access.sets = {{"meters", 7, R"({"publish":["a/${device_id}/#","b"],"subscribe":["c/+"]})", true},
                 {"", 8, R"({"publish":[],"subscribe":[]})", true}};
  const gate::Tables tables = told(access);
  CHECK(tables.is_denied("7"));
  CHECK((tables.is_denied_serial("abc") && tables.is_denied_serial("10")));
  CHECK(tables.login("a:b.c", 12) != nullptr);
  CHECK(tables.device("nobody")->logins.empty());
  REQUIRE(tables.rights("entitled") != nullptr);
  CHECK(tables.rights("entitled")->publish == std::vector<std::string>{"a/${device_id}/#", "b"});
  CHECK(tables.rights("entitled")->subscribe == std::vector<std::string>{"c/+"});
  CHECK(digest_of(access, topics) == tables.digest());
  CHECK(digest_of(access_of({nothing}), topics) == 0);
}

TEST_CASE("what takes access away is told first, and what gives it last", "[broker_access]") {
  auto login = entry_of("1", 1);
  login.logins = {login_of(1)};
  login.rights = {"", 2, true};
  auto denied = entry_of("2", 3);
  denied.logins = {login_of(1)};
  denied.denied_until = 1;
  denied.denied_serials = {{{0x10}, 2000000003}};
  auto access = access_of({login, denied, entry_of("3", 4)});
  access.sets = {{"", 5, "{}", true}};
  CHECK(order_of(access) == "sddtrd");
}

TEST_CASE("rights that are not valid at this service are none at the gate", "[broker_access]") {
  auto access = access_of({});
  access.sets = {{"", 5, R"({"publish":["devices/#"]})", true}};
  CHECK(in_order(access, topics).front() == "t 5 e3b0c44298fc1c14");
}

TEST_CASE("a message holds as many statements as fit, and one at least", "[broker_access]") {
  auto longest = entry_of(std::string(64, 'x'), 9223372036854775807);
  for (std::int64_t n = 0; n < 4; ++n)
    longest.logins.push_back(login_of(9223372036854775807 - n));
  const std::string line = in_order(access_of({longest}), topics).front();
  CHECK(line.size() < 700);
  const Statements many(100, line);
  const auto fitting = count_that_fit(many, 3584);
  const std::string correlation(most_correlation, 'x');
  const auto message = [&](std::size_t count) {
    return write_message(correlation, 9223372036854775807, std::span(many).first(count));
  };
  CHECK(message(fitting).size() <= 3584);
  CHECK(message(fitting + 1).size() > 3584);
  CHECK(count_that_fit(many, 0) == 1);
  CHECK(count_that_fit({}, 3584) == 0);
}

TEST_CASE("an answer is read as the gate writes it", "[broker_access]") {
  const auto answer =
      read_answer("abc", answer_of("open 17 00000000000000ff 5 6 7 8 journal 1", "done 3 1")).value();
  CHECK(answer.is_open);
  CHECK(answer.has_journal);
  CHECK((answer.epoch == 17 && answer.digest == 255 && answer.devices == 5 && answer.serials == 6 &&
         answer.pending == 8 && answer.version == "1"));
  CHECK(answer.refusal.empty());
  const auto refused =
      read_answer("abc", answer_of("closed 0 ffffffffffffffff 0 0 0 0 no-journal 2", "refused epoch"))
          .value();
  CHECK_FALSE(refused.is_open);
  CHECK_FALSE(refused.has_journal);
  CHECK((refused.digest == 0xffffffffffffffff && refused.version == "2" && refused.refusal == "epoch"));
}

TEST_CASE("what is no answer to the message is not read", "[broker_access]") {
  const auto text = GENERATE(
      as<std::string>(), "", "latchkey 1 abc", answer_of(""), answer_of("open"),
      "latchkey 1 xyz\nstate open 1 00 0 0 0 0 journal 1\ndone 0 0\n",
      answer_of("open 1 0g 0 0 0 0 journal 1"), answer_of("open -x 00 0 0 0 0 journal 1"),
      answer_of("open 1 00 0 0 0 99999999999999999999999 journal 1"),
      answer_of("open 1 00 0 0 0 0 journal 1", "what"), answer_of("open 1 00 0 0 0 0 journal 1", ""));
  INFO(text);
  CHECK_FALSE(read_answer("abc", text));
}

TEST_CASE("the gate takes the hash that the registry has of a password", "[broker_access]") {
  const crypto::Bytes salt(16, 's');
  const auto hash = service::password_hash(crypto::Secret(std::string_view("the password")), salt);
  const gate::Digest expected = gate::sha256("the password", crypto::to_hex(salt));
  CHECK(std::ranges::equal(hash, expected));
}

TEST_CASE("lines without room are read from an answer, and are no refusal of the others", "[broker_access]") {
  const std::string state = "open 17 00000000000000ff 5 6 7 8 journal 1";
  const auto answer = read_answer("abc", answer_of(state, "refused room 1 12")).value();
  CHECK(answer.refusal.empty());
  CHECK(answer.without_room == std::vector<std::size_t>{1, 12});
  for (const char* const other : {"refused room", "refused room x", "refused rooms 1", "refused count"})
    CHECK_FALSE(read_answer("abc", answer_of(state, other))->refusal.empty());
}

TEST_CASE("what the gate had no room for is not recorded, and what it took is", "[broker_access]") {
  auto login = entry_of("login", 1);
  login.logins = {login_of(1)};
  login.rights = {"a", 2, true};
  auto denied = entry_of("denied", 3);
  denied.denied_until = 2000000000;
  auto serial = entry_of("serial", 4);
  serial.denied_serials = {{{0x10}, 2000000003}};
  for (auto* const entry : {&login, &denied, &serial}) {
    entry->untold = true;
    entry->changed_at = 5;
  }
  auto access = access_of({login, denied, serial});
  access.sets = {{"a", 6, "{}", true}, {"b", 7, "{}", true}};
  const Statements all = in_order(access, topics);
  const auto nothing = without(access, all, topics);
  CHECK(nothing.sets.empty());
  const auto& entries = nothing.entries;
  CHECK((entries[0].logins.empty() && !entries[0].rights && entries[0].untold && !entries[0].changed_at));
  CHECK((!entries[1].untold && !entries[2].untold));
  const auto everything = without(access, {}, topics);
  CHECK(in_order(everything, topics) == all);
  Statements rights;
  std::ranges::copy_if(all, std::back_inserter(rights),
                       [](const auto& line) { return line.starts_with("r "); });
  const auto without_rights = without(access, rights, topics);
  CHECK((!without_rights.entries[0].rights && without_rights.entries[0].logins.size() == 1));
  CHECK(without_rights.sets.size() == 2);
}
