#include "device/factory.hpp"
#include "protocol/device_id.hpp"

#include <fstream>
#include <set>

namespace latchkey::device {
namespace {

using Ids = std::expected<std::vector<std::string>, std::string>;

// A million ids of the greatest length. A larger file is another one by mistake.
constexpr std::uintmax_t longest_file = 65'000'000;

std::string place_of(const std::filesystem::path& file, std::size_t line) {
  return file.string() + ", line " + std::to_string(line) + ": ";
}

/// `number` with leading zeros, in at least `digits` digits.
std::string padded(std::size_t number, std::size_t digits) {
  const auto text = std::to_string(number);
  return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
}

}  // namespace

Ids read_ids(const std::filesystem::path& file) {
  std::error_code error;
  if (const auto size = std::filesystem::file_size(file, error); error || size > longest_file)
    return std::unexpected(file.string() + ": " + (error ? error.message() : "larger than a million ids"));
  std::ifstream input(file);
  std::vector<std::string> ids;
  std::set<std::string> seen;
  std::string line;
  for (std::size_t number = 1; std::getline(input, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (const auto fault = protocol::fault_of_id(line); !fault.empty())
      return std::unexpected(place_of(file, number) + "not a device id: " + fault);
    if (!seen.insert(line).second) return std::unexpected(place_of(file, number) + line + " is there twice");
    ids.push_back(line);
  }
  if (input.bad() || ids.empty()) return std::unexpected(file.string() + " has no ids, or cannot be read");
  return ids;
}

Ids numbered_ids(const std::string& pattern, std::size_t first, std::size_t count) {
  const auto begin = pattern.find('#');
  const auto end = begin == std::string::npos ? begin : pattern.find_first_not_of('#', begin);
  const auto after = end == std::string::npos ? std::string() : pattern.substr(end);
  if (begin == std::string::npos || after.contains('#'))
    return std::unexpected("'" + pattern + "' has to have one run of #, where the number goes");
  const auto digits = pattern.size() - begin - after.size();
  std::vector<std::string> ids;
  ids.reserve(count);
  for (std::size_t number = first; number - first < count; ++number)
    ids.push_back(pattern.substr(0, begin) + padded(number, digits) + after);
  if (const auto fault = protocol::fault_of_id(ids.back()); !fault.empty())
    return std::unexpected("'" + ids.back() + "' is not a device id: " + fault);
  return ids;
}

}  // namespace latchkey::device
