#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// The least and the greatest number that is accepted.
struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

/// Rules for a value on the command line, beside its type.
struct ValueRules {
  const char* metavar = "";           ///< the placeholder in the help: FILE
  const char* heading = "";           ///< the help's section, if not the options'
  const char* variable = "";          ///< an environment variable: the value where the command line has none
  const char* needs = "";             ///< a flag of the command, added before, that must be given too
  const char* excludes = "";          ///< a flag of the command, added before, that must not be given
  std::vector<std::string> one_of{};  ///< the accepted words; empty: any
  std::optional<Bounds> within{};     ///< of a number
  bool required = false;
  bool shows_default = false;  ///< the help prints the value that `target` holds before parsing
};

/// A flag or positional argument, as the help describes it.
struct OptionText {
  std::string name;   ///< "--group" or "ID"
  std::string value;  ///< the placeholder of its value; empty: it takes none
  std::string help;
  std::vector<std::string> one_of;  ///< the accepted words; empty: any
};

/// A command and the commands below it, as the help describes them.
struct CommandText {
  std::string words;  ///< "latchkey device list"
  std::string help;
  std::string footer;
  std::vector<OptionText> options;
  std::vector<CommandText> commands;
};

/// A handle to one command, a noun or its verb. The CommandLine must outlive it.
class Command {
 public:
  /// Adds a command below this one; this one then requires a verb.
  Command add(std::string_view name, std::string_view help);
  /// `name` is a flag ("--group") or a positional argument ("ID"). T: std::string, unsigned, std::size_t,
  /// std::uint16_t, double; std::optional of std::string or std::int64_t; std::vector<std::string> for a
  /// repeatable flag or for all words that remain. A text that is given is not empty.
  template <class T>
  void value(const char* name, T& target, std::string_view help, const ValueRules& rules = {});
  void flag(const char* name, bool& target, std::string_view help, const char* heading = "");
  /// A group of options of which the user must give exactly one: add them to the result.
  [[nodiscard]] Command alternatives(std::string_view heading, std::string_view help);
  /// Text that the help prints after the flags.
  void footer(std::string_view text, std::string_view more = {});
  /// Hides the command from the help.
  void hide();
  /// Sets the action, which returns the exit code.
  void does(std::function<int()> action);

 private:
  friend class CommandLine;
  struct Handles;
  explicit Command(const Handles& handles);
  std::shared_ptr<const Handles> handles_;
};

/// Why a command line is invalid, and what to do about it.
struct UsageError {
  std::string what;
  std::string hint;
};

/// The command line of a program, parsed by CLI11. Only command_line.cpp includes CLI11: its headers add
/// seconds to the compilation of each source.
class CommandLine {
 public:
  CommandLine(std::string_view name, std::string_view about, std::string_view version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] Command root();
  /// Makes every verb accept this flag with a value. A verb that did not add the flag ignores it and leaves
  /// it out of its help.
  void accept_everywhere(const char* name);
  /// All commands that the help shows.
  [[nodiscard]] CommandText described() const;
  /// The action of the chosen command. For --help and --version it prints here, and the action only returns
  /// the exit code.
  [[nodiscard]] std::expected<std::function<int()>, UsageError> parse(int argc, const char* const* argv);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey
