#include "base/manual.hpp"

#include "base/words.hpp"

#include <algorithm>

namespace latchkey {
namespace {

/// Text in which troff sees no request and no escape (groff_man(7)).
std::string plain(const std::string& text) {
  std::string page;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (page.empty() || page.back() == '\n')) page += "\\&";
    if (c == '\\')
      page += "\\e";
    else if (c == '-')
      page += "\\-";
    else
      page += c;
  }
  return page;
}

/// Lines as they are: examples have columns.
std::string as_typed(const std::string& text) {
  return text.empty() ? "" : ".PP\n.nf\n" + plain(text) + "\n.fi\n";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return text;
}

std::string option_text(const OptionText& option) {
  std::string name = ".TP\n.B " + plain(option.name);
  if (!option.value.empty() && option.name != option.value) name += " \\fI" + plain(option.value) + "\\fR";
  const auto words = joined(option.one_of, ", ");
  return name + "\n" + plain(option.help) + (words.empty() ? "" : "\nOne of: " + plain(words)) + ".\n";
}

std::string command_text(const CommandText& command) {
  std::string page = ".SS " + plain(command.words) + "\n" + plain(command.help) + "\n";
  for (const auto& option : command.options)
    page += option_text(option);
  return page + as_typed(command.footer);
}

/// The commands without commands below them.
std::string leaves(const CommandText& command) {
  if (command.commands.empty()) return command_text(command);
  std::string page;
  for (const auto& below : command.commands)
    page += leaves(below);
  return page;
}

}  // namespace

std::string manual_page(const CommandText& program, const std::string& version) {
  const auto first_line = program.help.substr(0, program.help.find_first_of(":\n"));
  return ".TH " + upper(program.words) + " 1 \"\" \"" + version + "\"\n.SH NAME\n" + plain(program.words) +
         " \\- " + plain(first_line) + "\n.SH SYNOPSIS\n.B " + plain(program.words) +
         "\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n" + plain(program.help) + "\n" +
         as_typed(program.footer) + ".SH COMMANDS\n" + leaves(program);
}

}  // namespace latchkey
