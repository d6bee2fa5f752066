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

/// What the gate makes of entries.
gate::Tables told(std::initializer_list<registry::GateEntry> entries) {
  gate::Tables tables(1000);
  tables.at(1000000000);
  for (const auto& entry : entries)
    for (const std::string& line : statements_of(entry)) {
      INFO(line);
      const auto read = gate::read_statement(line);
      REQUIRE(read);
      CHECK(gate::write_statement(*read) == line);
      CHECK(tables.apply(*read, line) == gate::Applied::changed);
    }
  return tables;
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
  const gate::Tables tables = told({denied, login, nothing});
  CHECK(tables.is_denied("7"));
  CHECK((tables.is_denied_serial("abc") && tables.is_denied_serial("10")));
  CHECK(tables.login("a:b.c", 12) != nullptr);
  CHECK(tables.device("nobody")->logins.empty());
  CHECK(digest_of(denied) + digest_of(login) + digest_of(nothing) == tables.digest());
  CHECK(digest_of(nothing) == 0);
}

TEST_CASE("what lets nobody in only takes away", "[broker_access]") {
  auto entry = entry_of("7", 1);
  CHECK(only_takes_away(entry));
  entry.logins = {login_of(1)};
  CHECK_FALSE(only_takes_away(entry));
  entry.denied_until = 1;
  CHECK(only_takes_away(entry));
}

TEST_CASE("a message holds as many statements as fit, and one at least", "[broker_access]") {
  auto longest = entry_of(std::string(64, 'x'), 9223372036854775807);
  for (std::int64_t n = 0; n < 4; ++n)
    longest.logins.push_back(login_of(9223372036854775807 - n));
  const std::string line = statements_of(longest).front();
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
