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

/// The least and the greatest number that is taken.
struct Bounds {
  std::int64_t least;
  std::int64_t most;
};

/// What else holds for a value on the command line.
struct ValueRules {
  const char* metavar = "";   ///< what the help calls it: FILE
  const char* heading = "";   ///< where in the help it stands, if not among the options
  const char* variable = "";  ///< of the environment: its value holds where the command line has none
  const char* needs = "";     ///< another flag of the command, added before, that has to be there as well
  const char* excludes = "";  ///< another flag of the command, added before, that must not be there
  std::vector<std::string> one_of{};  ///< no other words are taken
  std::optional<Bounds> within{};     ///< of a number
  bool required = false;
  bool shows_default = false;  ///< in the help: what `target` holds beforehand
};

/// One command, a noun or its verb: a handle, which the CommandLine outlives.
class Command {
 public:
  /// A command below this one, which is then one that needs a verb.
  Command add(std::string_view name, std::string_view help);
  /// `name` is a flag ("--group") or what stands at its place ("ID"). T: std::string, unsigned, std::size_t,
  /// std::uint16_t, double; std::optional of std::string or std::int64_t; std::vector<std::string>, which
  /// takes a flag that is repeated.
  template <class T>
  void value(const char* name, T& target, std::string_view help, const ValueRules& rules = {});
  void flag(const char* name, bool& target, std::string_view help, const char* heading = "");
  /// What is added to the result are alternatives: exactly one has to be given.
  [[nodiscard]] Command alternatives(std::string_view heading, std::string_view help);
  /// What the help says after the flags.
  void footer(std::string_view text, std::string_view more = {});
  /// Keeps it out of the help.
  void hide();
  /// What it does, and returns as the exit code.
  void does(std::function<int()> action);

 private:
  friend class CommandLine;
  struct Handles;
  explicit Command(const Handles& handles);
  std::shared_ptr<const Handles> handles_;
};

/// Why a command line is not understood.
struct UsageError {
  std::string what;
  std::string hint;
};

/// The commands of a program. CLI11 reads them, and command_line.cpp alone knows it: each source that
/// includes it takes seconds to compile.
class CommandLine {
 public:
  CommandLine(std::string_view name, std::string_view about, std::string_view version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] Command root();
  /// Every verb takes this flag with a value; those that did not add it ignore it, and their help does not
  /// name it.
  void accept_everywhere(const char* name);
  /// What the command does that was chosen. Help and version are printed here, and then nothing is to be
  /// done.
  [[nodiscard]] std::expected<std::function<int()>, UsageError> parse(int argc, const char* const* argv);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latchkey
