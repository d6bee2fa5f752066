#include "base/completion.hpp"

#include "base/words.hpp"

#include <functional>

namespace latchkey {
namespace {

using Each = std::function<void(const CommandText&)>;
using Line = std::function<std::string(const CommandText&)>;

void walk(const CommandText& command, const Each& each) {
  each(command);
  for (const auto& below : command.commands)
    walk(below, each);
}

bool is_flag(const OptionText& option) {
  return option.name.starts_with("--");
}

bool names_file(const OptionText& option) {
  return option.value == "FILE" || option.value == "DIR";
}

/// The first sentence, on one line, for a place between single quotes of each of the shells.
std::string brief(const std::string& help) {
  std::string line;
  for (const char c : help.substr(0, help.find(". "))) {
    if (c == '\'')
      line += R"('\'')";
    else if (c != '`')
      line += c == '\n' ? ' ' : c;
  }
  if (line.ends_with('.')) line.pop_back();
  return line;
}

std::string last_word(const CommandText& command) {
  return command.words.substr(command.words.rfind(' ') + 1);
}

/// "'latchkey device'|'latchkey device list'|...": every command but the program itself.
std::string patterns_of(const CommandText& program) {
  std::string patterns;
  walk(program, [&](const CommandText& command) {
    if (&command != &program)
      patterns.append(patterns.empty() ? "'" : " | '").append(command.words).append("'");
  });
  return patterns;
}

using Word = std::function<void(const std::string& word, const std::string& help)>;

/// What may follow a command: the commands below it, the words of its arguments, its flags.
void walk_words(const CommandText& command, const Word& each) {
  for (const auto& below : command.commands)
    each(last_word(below), below.help);
  for (const auto& option : command.options) {
    if (is_flag(option))
      each(option.name, option.help);
    else
      for (const auto& word : option.one_of)
        each(word, option.help);
  }
}

std::string words_after(const CommandText& command) {
  std::vector<std::string> words;
  walk_words(command, [&](const std::string& word, const std::string&) { words.push_back(word); });
  return joined(words, " ");
}

/// The same in bash and zsh: `$command` becomes the innermost command in the words before the cursor.
std::string find_command(const CommandText& program, const std::string& words_before) {
  return "  local command=" + program.words + " word\n  for word in " + words_before +
         "; do\n    case \"$command $word\" in\n      " + patterns_of(program) +
         ") command=\"$command $word\" ;;\n    esac\n  done\n";
}

/// A case for each flag that takes a value: `act` is what the shell does for it.
std::string value_cases(const CommandText& program,
                        const std::function<std::string(const OptionText&)>& act) {
  std::string cases;
  walk(program, [&](const CommandText& command) {
    for (const auto& option : command.options)
      if (is_flag(option) && !option.value.empty())
        cases.append("    '" + command.words + " " + option.name + "') " + act(option) + "return ;;\n");
  });
  return cases;
}

std::string command_cases(const CommandText& program, const Line& act) {
  std::string cases;
  walk(program, [&](const CommandText& command) {
    cases.append("    '" + command.words + "') " + act(command) + " ;;\n");
  });
  return cases;
}

std::string heading(const std::string& shell) {
  return "# Completion for " + shell + ", made by `latchkey completion " + shell + "`.\n";
}

std::string bash_words(const std::string& words) {
  return "mapfile -t COMPREPLY < <(compgen " + words + " -- \"$current\")";
}

/// Arguments of zsh's _describe: verbs and flags with what they do.
std::string zsh_words(const CommandText& command) {
  std::string words;
  walk_words(command, [&](const std::string& word, const std::string& help) {
    words.append(" '" + word + ":" + brief(help) + "'");
  });
  return "offered=(" + words + " )";
}

std::string fish_line(const CommandText& command, const std::string& rest, const std::string& help) {
  const std::string program = command.words.substr(0, command.words.find(' '));
  return "complete -c " + program + " -n '__" + program + "_at " + command.words + "' " + rest + " -d '" +
         brief(help) + "'\n";
}

std::string fish_flag(const OptionText& option) {
  std::string flag = "-l " + option.name.substr(2);
  if (option.value.empty()) return flag;
  if (names_file(option)) return flag + " -r -F";
  return flag + " -x" + (option.one_of.empty() ? "" : " -a '" + joined(option.one_of, " ") + "'");
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  const auto value = [](const OptionText& option) -> std::string {
    if (names_file(option)) return bash_words("-f") + "; ";
    return option.one_of.empty() ? "" : bash_words("-W '" + joined(option.one_of, " ") + "'") + "; ";
  };
  return heading("bash") + "_" + program.words +
         "() {\n  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n" +
         // Readline takes --flag=value for three words.
         "  if [ \"$current\" = = ]; then current=; elif [ \"$previous\" = = ]; then\n"
         "    previous=${COMP_WORDS[COMP_CWORD-2]}\n  fi\n" +
         find_command(program, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"") + "  case \"$command $previous\" in\n" +
         value_cases(program, value) + "  esac\n  case \"$command\" in\n" +
         command_cases(program,
                       [](const auto& command) { return bash_words("-W '" + words_after(command) + "'"); }) +
         "  esac\n}\ncomplete -F _" + program.words + " " + program.words + "\n";
}

std::string zsh_completion(const CommandText& program) {
  const auto value = [](const OptionText& option) -> std::string {
    if (names_file(option)) return "_files; ";
    return option.one_of.empty() ? "" : "compadd -- " + joined(option.one_of, " ") + "; ";
  };
  return "#compdef " + program.words + "\n" + heading("zsh") + "_" + program.words + "() {\n" +
         "  local -a offered\n  local previous=${words[CURRENT-1]}\n"
         "  if [[ ${words[CURRENT]} == --*=* ]]; then\n"
         "    previous=${words[CURRENT]%%=*}\n    compset -P '*='\n  fi\n" +
         find_command(program, "${words[2,CURRENT-1]}") + "  case \"$command $previous\" in\n" +
         value_cases(program, value) + "  esac\n  case \"$command\" in\n" +
         command_cases(program, zsh_words) + "  esac\n  _describe " + program.words + " offered\n}\n" +
         // Loaded by compinit as a function's body, or by somebody in his shell.
         "if [[ $funcstack[1] == _" + program.words + " ]]; then\n  _" + program.words +
         " \"$@\"\nelse\n  compdef _" + program.words + " " + program.words + "\nfi\n";
}

std::string fish_completion(const CommandText& program) {
  std::string known;
  std::string lines;
  walk(program, [&](const CommandText& command) {
    known.append(" '").append(command.words).append("'");
    for (const auto& option : command.options)
      if (is_flag(option)) lines += fish_line(command, fish_flag(option), option.help);
    walk_words(command, [&](const std::string& word, const std::string& help) {
      if (!word.starts_with("--")) lines += fish_line(command, "-a " + word, help);
    });
  });
  return heading("fish") + "function __" + program.words + "_at\n  set -l at " + program.words +
         "\n  set -l words (commandline -opc)\n  for word in $words[2..]\n    contains -- \"$at $word\"" +
         known + "; and set at \"$at $word\"\n  end\n  test \"$at\" = \"$argv\"\nend\ncomplete -c " +
         program.words + " -f\n" + lines;
}

}  // namespace latchkey
