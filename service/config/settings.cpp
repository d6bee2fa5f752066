#include "service/config/reading.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace latchkey::service {
namespace {

// Errors are ordered by line; these keys come after all lines.
constexpr std::size_t after_the_file = std::numeric_limits<std::size_t>::max() - 1;
constexpr std::size_t at_the_end = std::numeric_limits<std::size_t>::max();

}  // namespace

Settings::Settings(std::filesystem::path file, std::vector<std::string_view> sections)
    : file_(std::move(file)), sections_(std::move(sections)), origins_(options().size()) {}

bool Settings::concerns(std::string_view section) const {
  return whole() || std::ranges::find(sections_, section) != sections_.end();
}

Origin& Settings::origin(const Option& option) {
  return origins_[static_cast<std::size_t>(&option - options().data())];
}

void Settings::complain(const Option& option, std::string_view what) {
  const std::string about = full_name(option) + ": " + std::string(what);
  const Origin& from = origin(option);
  switch (from.source) {
    case Origin::Source::file:
      return complain(from.line, about);
    case Origin::Source::environment:
      return complain_about_variable(variable_of(option), about);
    case Origin::Source::default_value:
      complaints_.emplace(at_the_end, file_.string() + ": " + about);
  }
}

void Settings::complain(std::size_t line, std::string_view what) {
  const std::string place = line == 0 ? file_.string() : file_.string() + ":" + std::to_string(line);
  complaints_.emplace(line, place + ": " + std::string(what));
}

void Settings::complain_of_file(std::string_view what) {
  complaints_.emplace(0, what);
}

void Settings::complain_about_variable(std::string_view variable, std::string_view what) {
  complaints_.emplace(after_the_file, std::string(variable) + ": " + std::string(what));
}

Complaints Settings::complaints() const {
  Complaints all;
  std::ranges::transform(complaints_, std::back_inserter(all),
                         [](const auto& entry) { return entry.second; });
  return all;
}

}  // namespace latchkey::service
