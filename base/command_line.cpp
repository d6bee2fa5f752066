#include "base/command_line.hpp"

#include "base/spelling.hpp"
#include "base/words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace latchkey {

/// The accepted words of options: CLI11 does not give them back.
using Choices = std::map<const CLI::Option*, std::vector<std::string>>;

struct CommandLine::Impl {
  CLI::App root;
  std::function<int()> chosen;
  Choices choices;
  std::string ignored;  ///< values of a flag that is accepted everywhere
};

struct Command::Handles {
  CLI::App* command;
  CLI::App* options;  ///< where options are added: the command, or its group of alternatives
  std::function<int()>* chosen;
  Choices* choices;
};

namespace {

/// CLI11's help prints the number's type, so the range must have the type of the value.
CLI::Range range_of(const Bounds& bounds, bool is_unsigned) {
  if (is_unsigned) return {static_cast<std::uint64_t>(bounds.least), static_cast<std::uint64_t>(bounds.most)};
  return {bounds.least, bounds.most};
}

void apply(CLI::Option& option, const ValueRules& rules, bool is_unsigned) {
  const std::string heading = rules.heading;
  if (*rules.metavar != '\0') option.type_name(rules.metavar);
  if (!heading.empty()) option.group(heading);
  if (*rules.variable != '\0') option.envname(rules.variable);
  if (!rules.one_of.empty()) option.check(CLI::IsMember(rules.one_of));
  if (rules.within) option.check(range_of(*rules.within, is_unsigned));
  if (rules.required) option.required();
  if (rules.shows_default) option.capture_default_str();
}

constexpr const char* is_empty = "the value is empty";

template <class T>
constexpr bool is_number = std::is_arithmetic_v<T> || std::is_same_v<T, std::optional<std::int64_t>>;

/// An empty value is nearly always a variable of a script that is not set, and the command would act on
/// something else than meant.
void refuse_empty(CLI::Option& option) {
  const auto check = [](const std::string& value) { return std::string(value.empty() ? is_empty : ""); };
  option.check(CLI::Validator(check, ""));
}

template <class T>
constexpr bool is_repeated = std::is_same_v<T, std::vector<std::string>>;

void accept_below(CLI::App& app, const char* name, std::string& ignored) {
  const auto verbs = app.get_subcommands([](const CLI::App* below) { return !below->get_name().empty(); });
  for (CLI::App* const verb : verbs)
    accept_below(*verb, name, ignored);
  if (verbs.empty() && app.get_option_no_throw(name) == nullptr) app.add_option(name, ignored)->group("");
}

/// The innermost command that CLI11 recognized.
const CLI::App& innermost_command(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty())
    app = app->get_subcommands().front();
  return *app;
}

/// "latchkey enroll group"
std::string words_of(const CLI::App& command) {
  const CLI::App* const above = command.get_parent();
  return above == nullptr ? command.get_name() : words_of(*above) + " " + command.get_name();
}

/// The long flags of a command and of its groups of alternatives.
std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* const option : command.get_options())
    for (const auto& name : option->get_lnames())
      if (!option->get_group().empty()) flags.push_back("--" + name);
  for (const CLI::App* const group :
       command.get_subcommands([](const CLI::App* below) { return below->get_name().empty(); }))
    std::ranges::copy(flags_of(*group), std::back_inserter(flags));
  return flags;
}

std::vector<std::string> verbs_of(const CLI::App& command) {
  const auto is_shown = [](const CLI::App* below) {
    return !below->get_name().empty() && !below->get_group().empty();
  };
  std::vector<std::string> verbs;
  for (const CLI::App* const verb : command.get_subcommands(is_shown))
    verbs.push_back(verb->get_name());
  return verbs;
}

OptionText text_of(const CLI::Option& option, const Choices& choices) {
  const auto found = choices.find(&option);
  const bool takes_value = option.get_items_expected_max() > 0;
  return {.name = option.get_positional() ? option.get_name(true, false) : "--" + option.get_lnames().front(),
          .value = takes_value ? option.get_type_name() : "",
          .help = option.get_description(),
          .one_of = found == choices.end() ? std::vector<std::string>{} : found->second};
}

CommandText text_of(const CLI::App& command, const Choices& choices) {
  CommandText text{words_of(command), command.get_description(), command.get_footer(), {}, {}};
  for (const CLI::App* const below : command.get_subcommands([](const CLI::App*) { return true; })) {
    const bool is_group = below->get_name().empty();
    if (!is_group && below->get_group().empty()) continue;
    auto part = text_of(*below, choices);
    if (is_group)
      std::ranges::move(part.options, std::back_inserter(text.options));
    else
      text.commands.push_back(std::move(part));
  }
  for (const CLI::Option* const option : command.get_options())
    if (!option->get_group().empty()) text.options.push_back(text_of(*option, choices));
  return text;
}

std::string one_line(std::string text) {
  for (char& c : text)
    c = c == '\n' ? ' ' : c;
  return text;
}

/// The error for a `word` that is not in `known`. The hint suggests the nearest known word, then names the
/// help.
UsageError unknown(std::string what, std::string_view word, const std::vector<std::string>& known,
                   std::string more) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const auto meant = nearest(word, candidates);
  return {std::move(what), meant ? "did you mean " + std::string(*meant) + "? " + more : std::move(more)};
}

/// `--group=`: CLI11 would take the next word for the value.
std::optional<UsageError> empty_assignment(const std::vector<std::string_view>& words) {
  for (const auto word : words) {
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      return UsageError{std::string(word.substr(0, word.size() - 1)) + ": " + is_empty, ""};
  }
  return std::nullopt;
}

/// CLI11 reports a missing option before an unknown one. The unknown one is more often the cause, so report
/// that first.
UsageError usage_error(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& command = innermost_command(root);
  const auto words = words_of(command);
  std::string more = "see `" + words + " --help`";
  const auto rest = root.remaining(true);
  const auto verbs = verbs_of(command);
  if (rest.empty() && !verbs.empty())
    return {words + " needs a command: " + joined(verbs, ", "), std::move(more)};
  if (rest.empty()) return {one_line(error.what()), std::move(more)};
  const auto flag =
      std::ranges::find_if(rest, [](const auto& word) { return word.size() > 1 && word[0] == '-'; });
  if (flag != rest.end()) {
    const auto name = flag->substr(0, flag->find('='));
    return unknown("unknown flag " + name + " of " + words, name, flags_of(command), std::move(more));
  }
  const std::string& first = rest.front();
  if (!verbs.empty())
    return unknown("unknown command \"" + first + "\" of " + words, first, verbs, std::move(more));
  return {"unexpected argument \"" + first + "\" of " + words, std::move(more)};
}

}  // namespace

Command::Command(const Handles& handles) : handles_(std::make_shared<const Handles>(handles)) {}

Command Command::add(std::string_view name, std::string_view help) {
  CLI::App* const added = handles_->command->add_subcommand(std::string(name), std::string(help));
  handles_->command->require_subcommand(1);
  return Command({added, added, handles_->chosen, handles_->choices});
}

template <class T>
void Command::value(const char* name, T& target, std::string_view help, const ValueRules& rules) {
  CLI::Option& option = *handles_->options->add_option(name, target, std::string(help));
  apply(option, rules, std::is_unsigned_v<T>);
  if constexpr (!is_number<T>) refuse_empty(option);
  (*handles_->choices)[&option] = rules.one_of;
  // A repeatable flag takes one value each time and leaves the words behind that value alone.
  if constexpr (is_repeated<T>) option.take_all()->allow_extra_args(*name != '-');
  if (*rules.needs != '\0') option.needs(handles_->command->get_option(rules.needs));
  if (*rules.excludes != '\0') option.excludes(handles_->command->get_option(rules.excludes));
}

template void Command::value(const char*, std::string&, std::string_view, const ValueRules&);
template void Command::value(const char*, unsigned&, std::string_view, const ValueRules&);
template void Command::value(const char*, std::size_t&, std::string_view, const ValueRules&);
template void Command::value(const char*, std::uint16_t&, std::string_view, const ValueRules&);
template void Command::value(const char*, double&, std::string_view, const ValueRules&);
template void Command::value(const char*, std::optional<std::string>&, std::string_view, const ValueRules&);
template void Command::value(const char*, std::optional<std::int64_t>&, std::string_view, const ValueRules&);
template void Command::value(const char*, std::vector<std::string>&, std::string_view, const ValueRules&);

void Command::flag(const char* name, bool& target, std::string_view help, const char* heading) {
  CLI::Option* const option = handles_->options->add_flag(name, target, std::string(help));
  if (*heading != '\0') option->group(heading);
}

Command Command::alternatives(std::string_view heading, std::string_view help) {
  CLI::App* const group = handles_->command->add_option_group(std::string(heading), std::string(help));
  group->require_option(1);
  return Command({handles_->command, group, handles_->chosen, handles_->choices});
}

void Command::footer(std::string_view text, std::string_view more) {
  handles_->command->footer(std::string(text).append(more));
}

void Command::hide() {
  handles_->command->group("");
}

void Command::does(std::function<int()> action) {
  handles_->command->callback([action = std::move(action), chosen = handles_->chosen] { *chosen = action; });
}

CommandLine::CommandLine(std::string_view name, std::string_view about, std::string_view version)
    : impl_(new Impl{CLI::App(std::string(about), std::string(name)), {}, {}, {}}) {
  impl_->root.set_version_flag("--version", std::string(version), "Print the version");
}
CommandLine::~CommandLine() = default;

Command CommandLine::root() {
  return Command({&impl_->root, &impl_->root, &impl_->chosen, &impl_->choices});
}

CommandText CommandLine::described() const {
  return text_of(impl_->root, impl_->choices);
}

void CommandLine::accept_everywhere(const char* name) {
  accept_below(impl_->root, name, impl_->ignored);
}

std::expected<std::function<int()>, UsageError> CommandLine::parse(int argc, const char* const* argv) {
  CLI::App& root = impl_->root;
  if (auto refused = empty_assignment({argv + 1, argv + argc})) return std::unexpected(*std::move(refused));
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return [code = root.exit(success)] { return code; };
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage_error(root, error));
  }
  return impl_->chosen;
}

}  // namespace latchkey
