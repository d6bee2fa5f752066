#include "gate/statements.hpp"

#include "gate/names.hpp"

#include <algorithm>
#include <array>

namespace latchkey::gate {
namespace {

using Maybe = std::optional<Statement>;

constexpr std::size_t longest_set = 16;
constexpr std::size_t longest_serial = 40;  // digits

/// The words of a line, divided by one space each.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  [[nodiscard]] bool at_end() const { return at_end_; }
  /// The next word. Empty at the end, and between two spaces.
  std::string_view next() {
    if (at_end_) return {};
    at_end_ = rest_.find(' ') == std::string_view::npos;
    return take_until(rest_, ' ');
  }
  std::uint64_t number() {
    const auto read = read_number(next());
    good_ = good_ && read;
    return read.value_or(0);
  }
  std::string text(bool (*is_fine)(std::string_view)) {
    const std::string_view word = next();
    good_ = good_ && is_fine(word);
    return std::string(word);
  }
  /// True if all words so far were valid, and none is left.
  [[nodiscard]] bool are_done() const { return good_ && at_end_; }

 private:
  std::string_view rest_;
  bool at_end_ = false;
  bool good_ = true;
};

bool is_serial(std::string_view text) {
  return !text.empty() && text.size() <= longest_serial && text.front() != '0' &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_set(std::string_view text) {
  return !text.empty() && text.size() <= longest_set && is_device_id(text);
}

bool is_set_or_none(std::string_view text) {
  return text == "-" || is_set(text);
}

/// True if the text is a topic filter with `+` and `#` only where MQTT allows them, no empty level and no
/// `$`.
bool is_filter(std::string_view text) {
  if (text.empty() || text.size() > longest_template) return false;
  for (bool is_last = false; !is_last;) {
    is_last = text.find('/') == std::string_view::npos;
    const std::string_view level = take_until(text, '/');
    if (level == "+" || level == id_level || (level == "#" && is_last)) continue;
    const bool is_plain = std::ranges::none_of(level, [](char c) {
      return c == '+' || c == '#' || c == '$' || static_cast<unsigned char>(c) < 0x20;
    });
    if (level.empty() || !is_plain) return false;
  }
  return true;
}

template <class Made>
Maybe when_done(const Words& words, Made made) {
  return words.are_done() ? Maybe(std::move(made)) : std::nullopt;
}

std::optional<Login> read_login(std::string_view text) {
  const auto generation = read_number(take_until(text, ':'));
  const auto until = read_number(take_until(text, ':'));
  Login login{generation.value_or(0), until.value_or(0), {}, {}};
  const bool is_read = generation && until && read_hex(take_until(text, ':'), login.salt);
  return is_read && read_hex(text, login.hash) ? std::optional(login) : std::nullopt;
}

Maybe read_device(Words& words) {
  DeviceAccess access{words.number(), words.text(is_device_id), words.number(), {}};
  while (!words.at_end()) {
    const auto login = read_login(words.next());
    if (!login || access.logins.size() == most_logins) return std::nullopt;
    access.logins.push_back(*login);
  }
  return when_done(words, std::move(access));
}

Maybe read_serial(Words& words) {
  DeniedSerial denied{words.number(), words.text(is_serial), words.text(is_device_id), words.number()};
  return when_done(words, std::move(denied));
}

Maybe read_set(Words& words) {
  SetOfRights made{words.number(), words.text(is_set), {}, {}};
  while (!words.at_end()) {
    std::string_view filter = words.next();
    const std::string_view direction = take_until(filter, ':');
    if (!is_filter(filter) || (direction != "p" && direction != "s")) return std::nullopt;
    if (direction == "p" && !made.subscribe.empty()) return std::nullopt;  // written the other way round
    auto& filters = direction == "p" ? made.publish : made.subscribe;
    if (filters.size() == most_templates) return std::nullopt;
    filters.emplace_back(filter);
  }
  return when_done(words, std::move(made));
}

Maybe read_rights(Words& words) {
  DeviceRights rights{words.number(), words.text(is_device_id), words.text(is_set_or_none)};
  if (rights.set == "-") rights.set.clear();
  return when_done(words, std::move(rights));
}

Maybe read_file(Words& words) {
  const std::uint64_t number = words.number();
  const std::string_view how = words.next();
  if (how != "fresh" && how != "continued") return std::nullopt;
  return when_done(words, FileStart{number, how == "fresh"});
}

Maybe read_forget(Words& words) {
  const std::string_view kind = words.next();
  if (kind == "s") return when_done(words, Forget{'s', words.text(is_serial)});
  if (kind == "t") return when_done(words, Forget{'t', words.text(is_set)});
  if (kind != "d" && kind != "r") return std::nullopt;
  return when_done(words, Forget{kind.front(), words.text(is_device_id)});
}

struct Kind {
  std::string_view word;
  Maybe (*read)(Words& words);
};

constexpr std::array<Kind, 12> kinds{{
    {"d", read_device},
    {"s", read_serial},
    {"t", read_set},
    {"r", read_rights},
    {"hello", [](Words& words) { return when_done(words, Hello{}); }},
    {"begin",
     [](Words& words) {
       const Begin begin{words.number()};
       return when_done(words, begin);
     }},
    {"end",
     [](Words& words) {
       const End end{words.number()};
       return when_done(words, end);
     }},
    {"file", read_file},
    {"next", [](Words& words) { return when_done(words, FileEnd{}); }},
    {"epoch",
     [](Words& words) {
       const SetEpoch epoch{words.number()};
       return when_done(words, epoch);
     }},
    {"open", [](Words& words) { return when_done(words, SetOpen{}); }},
    {"f", read_forget},
}};

std::string line(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words)
    text.append(text.empty() ? "" : " ").append(word);
  return text;
}

struct Writer {
  std::string operator()(const DeviceAccess& access) const {
    std::string text =
        line({"d", std::to_string(access.version), access.id, std::to_string(access.denied_until)});
    for (const Login& login : access.logins)
      text += " " + std::to_string(login.generation) + ":" + std::to_string(login.until) + ":" +
              to_hex(login.salt) + ":" + to_hex(login.hash);
    return text;
  }
  std::string operator()(const DeniedSerial& denied) const {
    return line(
        {"s", std::to_string(denied.version), denied.serial, denied.id, std::to_string(denied.until)});
  }
  std::string operator()(const SetOfRights& made) const {
    std::string text = line({"t", std::to_string(made.version), made.set});
    for (const std::string& filter : made.publish)
      text += " p:" + filter;
    for (const std::string& filter : made.subscribe)
      text += " s:" + filter;
    return text;
  }
  std::string operator()(const DeviceRights& rights) const {
    return line({"r", std::to_string(rights.version), rights.id, rights.set.empty() ? "-" : rights.set});
  }
  std::string operator()(const Hello&) const { return "hello"; }
  std::string operator()(const Begin& begin) const { return "begin " + std::to_string(begin.floor); }
  std::string operator()(const End& end) const { return "end " + std::to_string(end.count); }
  std::string operator()(const FileStart& start) const {
    return line({"file", std::to_string(start.number), start.is_fresh ? "fresh" : "continued"});
  }
  std::string operator()(const FileEnd&) const { return "next"; }
  std::string operator()(const SetEpoch& set) const { return "epoch " + std::to_string(set.epoch); }
  std::string operator()(const SetOpen&) const { return "open"; }
  std::string operator()(const Forget& forget) const { return line({"f", {&forget.kind, 1}, forget.name}); }
};

}  // namespace

std::optional<Statement> read_statement(std::string_view text) {
  if (text.size() > longest_statement) return std::nullopt;
  Words words(text);
  const std::string_view word = words.next();
  const auto kind = std::ranges::find(kinds, word, &Kind::word);
  return kind == kinds.end() ? std::nullopt : kind->read(words);
}

std::string write_statement(const Statement& statement) {
  return std::visit(Writer{}, statement);
}

}  // namespace latchkey::gate
