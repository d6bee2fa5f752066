#include "service/cli/fleet/ids.hpp"

#include "base/utf8.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>

namespace latchkey::cli {
namespace {

constexpr std::size_t most_ids = 10'000'000;
// Longer lines name no device; the rest of such a line is not kept.
constexpr std::size_t longest_line = 256;

std::string trimmed(const std::string& line) {
  constexpr const char* blanks = " \t\r";
  const auto first = line.find_first_not_of(blanks);
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(blanks) + 1 - first);
}

/// The next line, without its end. Of a longer one the beginning, with a mark that makes it no device id.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  int c = in.get();
  if (c == std::istream::traits_type::eof()) return false;
  for (; c != std::istream::traits_type::eof() && c != '\n'; c = in.get())
    if (line.size() <= longest_line) line += static_cast<char>(c);
  if (line.size() <= longest_line) return true;
  std::size_t end = longest_line;
  while (end > 0 && continues_character(line[end]))
    --end;  // between two characters
  line.replace(end, std::string::npos, "…");
  return true;
}

Result<std::vector<std::string>> read_all(std::istream& in, const std::string& file) {
  std::vector<std::string> ids;
  for (std::string line; next_line(in, line);) {
    auto id = trimmed(line);
    if (id.empty() || id.starts_with('#')) continue;
    if (ids.size() == most_ids)
      return fail(exit_code::bad_data, file + " has more than " + std::to_string(most_ids) + " ids",
                  "divide it");
    ids.push_back(std::move(id));
  }
  if (in.bad()) return fail(exit_code::bad_data, file + " cannot be read");
  return ids;
}

}  // namespace

Result<std::vector<std::string>> read_ids(const std::string& file) {
  if (file == "-") return read_all(std::cin, "standard input");
  std::ifstream in(file);
  if (!in) return fail(exit_code::bad_data, file + ": " + std::generic_category().message(errno));
  return read_all(in, file);
}

}  // namespace latchkey::cli
