#include "base/command_line.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace latchkey {

struct CommandLine::Impl {
  CLI::App root;
  std::function<int()> chosen;
  std::string ignored;  ///< values of a flag that is accepted everywhere
};

struct Command::Handles {
  CLI::App* command;
  CLI::App* options;  ///< where they are added: the command, or its group of alternatives
  std::function<int()>* chosen;
};

namespace {

/// The help names the kind of number, so it has to be that of the value.
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

template <class T>
constexpr bool is_repeated = std::is_same_v<T, std::vector<std::string>>;

void accept_below(CLI::App& app, const char* name, std::string& ignored) {
  const auto verbs = app.get_subcommands([](const CLI::App* below) { return !below->get_name().empty(); });
  for (CLI::App* const verb : verbs)
    accept_below(*verb, name, ignored);
  if (verbs.empty() && app.get_option_no_throw(name) == nullptr) app.add_option(name, ignored)->group("");
}

/// "latchkey enroll group", as far as the command line was understood.
std::string understood(const CLI::App& root) {
  std::string words = root.get_name();
  for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    words += " " + app->get_name();
  }
  return words;
}

std::string one_line(std::string text) {
  for (char& c : text)
    c = c == '\n' ? ' ' : c;
  return text;
}

/// CLI11 says that a command is missing even where there is a word that is none.
std::string complaint(const CLI::App& root, const CLI::ParseError& error) {
  const auto rest = root.remaining(true);
  const bool is_word = !rest.empty() && !rest.front().starts_with('-');
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr || !is_word) return one_line(error.what());
  return "\"" + rest.front() + "\" is no command of " + understood(root);
}

}  // namespace

Command::Command(const Handles& handles) : handles_(std::make_shared<const Handles>(handles)) {}

Command Command::add(std::string_view name, std::string_view help) {
  CLI::App* const added = handles_->command->add_subcommand(std::string(name), std::string(help));
  handles_->command->require_subcommand(1);
  return Command({added, added, handles_->chosen});
}

template <class T>
void Command::value(const char* name, T& target, std::string_view help, const ValueRules& rules) {
  CLI::Option& option = *handles_->options->add_option(name, target, std::string(help));
  apply(option, rules, std::is_unsigned_v<T>);
  // A flag that is repeated has one value each time, and does not swallow what stands behind it.
  if constexpr (is_repeated<T>) option.take_all()->allow_extra_args(false);
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
  return Command({handles_->command, group, handles_->chosen});
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
    : impl_(new Impl{CLI::App(std::string(about), std::string(name)), {}, {}}) {
  impl_->root.set_version_flag("--version", std::string(version), "Print the version");
}
CommandLine::~CommandLine() = default;

Command CommandLine::root() {
  return Command({&impl_->root, &impl_->root, &impl_->chosen});
}

void CommandLine::accept_everywhere(const char* name) {
  accept_below(impl_->root, name, impl_->ignored);
}

std::expected<std::function<int()>, UsageError> CommandLine::parse(int argc, const char* const* argv) {
  CLI::App& root = impl_->root;
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return [code = root.exit(success)] { return code; };
  } catch (const CLI::ParseError& error) {
    return std::unexpected(
        UsageError{complaint(root, error), "`" + understood(root) + " --help` tells more"});
  }
  return impl_->chosen;
}

}  // namespace latchkey
