#include "base/completion.hpp"

#include "base/exit_code.hpp"
#include "base/manual.hpp"
#include "service/cli/commands.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace latchkey::cli {
namespace {

constexpr const char* completion_help =
    "Print a script by which a shell completes commands, flags and words. Packages install it; for a\n"
    "binary without a package, load it in the shell.";
constexpr const char* completion_footer =
    "Examples:\n"
    "  . <(latchkey completion bash)\n"
    "  . <(latchkey completion zsh)\n"
    "  latchkey completion fish > ~/.config/fish/completions/latchkey.fish\n"
    "\n"
    "Exit codes: 0 printed, 64 wrong flags.";

int print_completion(const CommandText& program, const std::string& shell) {
  if (shell == "zsh")
    std::cout << zsh_completion(program);
  else
    std::cout << (shell == "fish" ? fish_completion(program) : bash_completion(program));
  return exit_code::ok;
}

}  // namespace

void add_completion_commands(Command& root, const CommandLine& line) {
  auto completion = root.add("completion", completion_help);
  const auto shell = std::make_shared<std::string>();
  completion.value("SHELL", *shell, "The shell", {.one_of = {"bash", "zsh", "fish"}, .required = true});
  completion.footer(completion_footer);
  completion.does([shell, &line] { return print_completion(line.described(), *shell); });
  auto manual = root.add("manual", "Print the manual page, for man: `latchkey manual | man -l -`.");
  manual.footer("Exit codes: 0 printed.");
  manual.does([&line] {
    std::cout << manual_page(line.described(), "latchkey");
    return exit_code::ok;
  });
}

}  // namespace latchkey::cli
