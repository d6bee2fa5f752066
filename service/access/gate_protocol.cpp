#include "service/access/gate_protocol.hpp"

#include "crypto/encoding.hpp"
#include "crypto/mac.hpp"

#include <charconv>
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
  if (refusal == "room")
    return "the gate has no room for more devices: raise plugin_opt_max_entries at the broker";
  if (refusal == "epoch")
    return "the gate was told by a registry of another epoch: if the registry was restored to an earlier "
           "time, call registry.restored()";
  return "the gate refused a message: " + refusal;
}

/// Returns the answer to the last question.
std::expected<GateAnswer, std::string> ask(ControlConnection& connection, std::vector<Question> questions) {
  std::vector<std::string> correlations;
  correlations.reserve(questions.size());
  for (const Question& question : questions)
    correlations.push_back(question.correlation);
  const auto replies = connection.ask(std::move(questions));
  if (!replies) return std::unexpected(replies.error());
  GateAnswer last;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    auto answer = read_answer(correlations[i], (*replies)[i]);
    if (!answer) return std::unexpected("the gate's answer cannot be read");
    if (answer->version != gate_version)
      return std::unexpected("the broker has version " + answer->version + " of the gate, and this service " +
                             "needs version " + gate_version);
    if (!answer->refusal.empty()) return std::unexpected(explained(answer->refusal));
    last = *std::move(answer);
  }
  return last;
}

}  // namespace

Statements statements_of(const registry::GateEntry& entry) {
  Statements all;
  for (const auto& denied : entry.denied_serials)
    all.push_back("s " + std::to_string(entry.version) + " " + digits_of_serial(denied.serial) + " " +
                  entry.device_id + " " + std::to_string(denied.until));
  all.push_back(device_statement(entry));
  return all;
}

std::uint64_t digest_of(const registry::GateEntry& entry) {
  Statements all = statements_of(entry);
  // A device without a denial and a password is not in the digest.
  if (entry.denied_until == 0 && entry.logins.empty()) all.pop_back();
  std::uint64_t sum = 0;
  for (const Statement& statement : all)
    sum += digest_of(statement);
  return sum;
}

bool only_takes_away(const registry::GateEntry& entry) {
  return entry.denied_until != 0 || entry.logins.empty();
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
  if (answer && done.starts_with(refused))
    answer->refusal = done.substr(refused.size());
  else if (!done.starts_with("done "))
    return std::nullopt;
  return answer;
}

std::expected<GateAnswer, std::string> say(ControlConnection& connection, std::int64_t epoch,
                                           std::span<const Statement> statements) {
  std::expected<GateAnswer, std::string> last;
  while (last && !statements.empty()) {
    std::vector<Question> questions;
    while (!statements.empty() && questions.size() < messages_at_once) {
      const auto count = count_that_fit(statements, connection.message_limit());
      std::string correlation = new_correlation();
      std::string text = write_message(correlation, epoch, statements.first(count));
      questions.push_back({std::move(correlation), std::move(text)});
      statements = statements.subspan(count);
    }
    last = ask(connection, std::move(questions));
  }
  return last;
}

}  // namespace latchkey::service::access
