#include "service/access/gate_protocol.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"
#include "protocol/rights.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <sstream>

namespace latchkey::service::access {
namespace {

// `latchkey 1 CORRELATION EPOCH`
constexpr std::size_t longest_head = 64;
// Waiting for each answer would take ten times as long. The broker reads this many without a pause.
constexpr std::size_t messages_at_once = 16;

std::string digits_of_serial(const crypto::Bytes& serial) {
  const std::string digits = crypto::to_hex(serial);
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

Statement device_statement(const registry::GateEntry& entry) {
  std::string text =
      "d " + std::to_string(entry.version) + " " + entry.device_id + " " + std::to_string(entry.denied_until);
  for (const auto& login : entry.logins)
    text += " " + std::to_string(login.generation) + ":" + std::to_string(login.until) + ":" +
            crypto::to_hex(login.salt) + ":" + crypto::to_hex(login.hash);
  return text;
}

bool gives_access(const registry::GateEntry& entry) {
  return entry.denied_until == 0 && !entry.logins.empty();
}

/// The name of a group's set: a group's own name may be too long.
std::string name_of_set(const std::string& group) {
  constexpr std::size_t digits = 16;
  return crypto::to_hex(crypto::sha256(crypto::as_bytes(group))).substr(0, digits);
}

/// Rights that are not valid here are none: housekeeping reports them.
Statement set_statement(const registry::GateSet& set, const protocol::Topics& topics) {
  const auto rights = protocol::parse_templates(set.rights, topics).value_or(protocol::Rights());
  std::string text = "t " + std::to_string(set.version) + " " + name_of_set(set.group);
  for (const auto& filter : rights.publish)
    text += " p:" + filter;
  for (const auto& filter : rights.subscribe)
    text += " s:" + filter;
  return text;
}

/// `d` of a device without a denial and a password, which is not in the digest.
bool says_nothing(const Statement& statement) {
  return statement.starts_with("d ") && statement.ends_with(" 0");
}

std::uint64_t digest_of(const Statement& statement) {
  std::uint64_t number = 0;
  const auto digest = crypto::sha256(crypto::as_bytes(statement));
  for (std::size_t i = 0; i < sizeof number; ++i)
    number = number << 8 | digest[i];
  return number;
}

template <class Number>
bool read_number(const std::string& word, Number& number, int base = 10) {
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, number, base);
  return read.ec == std::errc() && read.ptr == end;
}

/// `state open|closed EPOCH DIGEST DEVICES SERIALS RIGHTS PENDING journal|no-journal VERSION`
std::optional<GateAnswer> read_state(const std::string& line) {
  std::istringstream words(line);
  std::string state, is_open, epoch, digest, devices, serials, rights, pending, journal;
  GateAnswer answer;
  words >> state >> is_open >> epoch >> digest >> devices >> serials >> rights >> pending >> journal >>
      answer.version;
  answer.is_open = is_open == "open";
  answer.has_journal = journal == "journal";
  const bool is_read = words && state == "state" && read_number(epoch, answer.epoch) &&
                       read_number(digest, answer.digest, 16) && read_number(devices, answer.devices) &&
                       read_number(serials, answer.serials) && read_number(pending, answer.pending);
  return is_read ? std::optional(std::move(answer)) : std::nullopt;
}

std::string explained(const std::string& refusal) {
  if (refusal == "epoch")
    return "the gate was told by a registry of another epoch: if the registry was restored to an earlier "
           "time, call registry.restored()";
  return "the gate refused a message: " + refusal;
}

/// Returns the answers, in order.
std::expected<std::vector<GateAnswer>, std::string> ask(ControlConnection& connection,
                                                        std::vector<Question> questions) {
  std::vector<std::string> correlations;
  correlations.reserve(questions.size());
  for (const Question& question : questions)
    correlations.push_back(question.correlation);
  const auto replies = connection.ask(std::move(questions));
  if (!replies) return std::unexpected(replies.error());
  std::vector<GateAnswer> answers;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    auto answer = read_answer(correlations[i], (*replies)[i]);
    if (!answer) return std::unexpected("the gate's answer cannot be read");
    if (answer->version != gate_version)
      return std::unexpected("the broker has version " + answer->version + " of the gate, and this service " +
                             "needs version " + gate_version);
    if (!answer->refusal.empty()) return std::unexpected(explained(answer->refusal));
    answers.push_back(*std::move(answer));
  }
  return answers;
}

/// `room LINE...`
bool read_lines_without_room(const std::string& refusal, std::vector<std::size_t>& lines) {
  std::istringstream words(refusal);
  std::string word;
  words >> word;
  if (word != "room") return false;
  while (words >> word)
    if (!read_number(word, lines.emplace_back())) return false;
  return !lines.empty();
}

Statement serial_statement(const registry::GateEntry& entry,
                           const registry::GateEntry::DeniedSerial& denied) {
  return "s " + std::to_string(entry.version) + " " + digits_of_serial(denied.serial) + " " +
         entry.device_id + " " + std::to_string(denied.until);
}

Statement rights_statement(const registry::GateEntry& entry) {
  return "r " + std::to_string(entry.rights->version) + " " + entry.device_id + " " +
         name_of_set(entry.rights->group);
}

}  // namespace

Statements in_order(const registry::GateAccess& access, const protocol::Topics& topics) {
  Statements all;
  Statements openings;
  for (const auto& entry : access.entries) {
    for (const auto& denied : entry.denied_serials)
      all.push_back(serial_statement(entry, denied));
    if (entry.version > 0) (gives_access(entry) ? openings : all).push_back(device_statement(entry));
  }
  for (const auto& set : access.sets)
    all.push_back(set_statement(set, topics));
  for (const auto& entry : access.entries)
    if (entry.rights) all.push_back(rights_statement(entry));
  std::ranges::move(openings, std::back_inserter(all));
  return all;
}

std::uint64_t digest_of(const registry::GateAccess& access, const protocol::Topics& topics) {
  std::uint64_t sum = 0;
  for (const Statement& statement : in_order(access, topics))
    if (!says_nothing(statement)) sum += digest_of(statement);
  return sum;
}

std::size_t count_that_fit(std::span<const Statement> statements, std::size_t bytes) {
  std::size_t count = 0;
  for (std::size_t used = longest_head; count < statements.size(); ++count) {
    used += statements[count].size() + 1;
    if (count > 0 && used > bytes) break;
  }
  return count;
}

std::string write_message(std::string_view correlation, std::int64_t epoch,
                          std::span<const Statement> statements) {
  std::string message = "latchkey 1 " + std::string(correlation) + " " + std::to_string(epoch);
  for (const Statement& statement : statements)
    message += "\n" + statement;
  return message;
}

std::optional<GateAnswer> read_answer(std::string_view correlation, std::string_view payload) {
  std::istringstream lines{std::string(payload)};
  std::string head, state, done;
  std::getline(lines, head);
  std::getline(lines, state);
  std::getline(lines, done);
  if (head != "latchkey 1 " + std::string(correlation)) return std::nullopt;
  auto answer = read_state(state);
  constexpr std::string_view refused = "refused ";
  if (answer && done.starts_with(refused)) {
    answer->refusal = done.substr(refused.size());
    if (read_lines_without_room(answer->refusal, answer->without_room)) answer->refusal.clear();
  } else if (!done.starts_with("done "))
    return std::nullopt;
  return answer;
}

std::expected<Said, std::string> say(ControlConnection& connection, std::int64_t epoch,
                                     std::span<const Statement> statements) {
  Said said;
  while (!statements.empty()) {
    std::vector<Question> questions;
    std::vector<std::span<const Statement>> parts;
    while (!statements.empty() && questions.size() < messages_at_once) {
      const auto count = count_that_fit(statements, connection.message_limit());
      std::string correlation = new_correlation();
      std::string text = write_message(correlation, epoch, statements.first(count));
      questions.push_back({std::move(correlation), std::move(text)});
      parts.push_back(statements.first(count));
      statements = statements.subspan(count);
    }
    auto answers = ask(connection, std::move(questions));
    if (!answers) return std::unexpected(std::move(answers.error()));
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (const std::size_t line : (*answers)[i].without_room)
        if (line > 0 && line <= parts[i].size()) said.without_room.push_back(parts[i][line - 1]);
    said.last = std::move(answers->back());
  }
  return said;
}

registry::GateAccess without(registry::GateAccess access, std::span<const Statement> statements,
                             const protocol::Topics& topics) {
  const std::set<std::string_view> gone(statements.begin(), statements.end());
  std::erase_if(access.sets, [&](const auto& set) { return gone.contains(set_statement(set, topics)); });
  for (registry::GateEntry& entry : access.entries) {
    if (entry.rights && gone.contains(rights_statement(entry))) entry.rights.reset();
    const bool lacks_denial = std::ranges::any_of(entry.denied_serials, [&](const auto& denied) {
      return gone.contains(serial_statement(entry, denied));
    });
    const bool lacks_device = gone.contains(device_statement(entry));
    if (!lacks_device && !lacks_denial) continue;
    entry.logins.clear();
    entry.changed_at.reset();
    // Denials are tried again. An opening is not: waiting entries would keep later changes back.
    if (lacks_denial || entry.denied_until != 0) entry.untold = false;
  }
  return access;
}

}  // namespace latchkey::service::access
