#include "service/cli/fleet/output.hpp"

#include "base/utf8.hpp"
#include "service/cli/json.hpp"
#include "service/cli/text.hpp"

#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <ostream>

namespace latchkey::cli {
namespace {

using registry::Table;
using Value = Table::Row::value_type;

constexpr std::size_t gap = 2;  // spaces between two columns

/// "2026-11-28 22:32:19.562662+00" as RFC 3339. "infinity" stays.
std::string rfc3339(std::string time) {
  constexpr std::size_t date = 10;
  if (time.size() <= date || time[date] != ' ') return time;
  time[date] = 'T';
  return time.substr(0, time.find('+')) + "Z";
}

std::string to_json(const Table::Column& column, const Value& value) {
  using Kind = Table::Kind;
  if (!value) return "null";
  if (column.kind == Kind::number) return *value;
  if (column.kind == Kind::json) return without_raw_controls(*value);
  if (column.kind == Kind::boolean) return *value == "t" ? "true" : "false";
  return json_string(column.kind == Kind::time ? rfc3339(*value) : *value);
}

/// The text of a cell in a table: times to the second, nothing for an empty object.
std::string shown(const Table::Column& column, const Value& value) {
  constexpr std::size_t seconds = 19;
  if (!value || (column.kind == Table::Kind::json && (*value == "{}" || *value == "[]"))) return {};
  if (column.kind == Table::Kind::boolean) return *value == "t" ? "yes" : "no";
  if (column.kind == Table::Kind::time && value->size() > seconds) return value->substr(0, seconds) + "Z";
  return without_controls(*value);
}

/// In characters, not bytes.
std::size_t length_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string padded(std::string text, std::size_t length) {
  const auto has = length_of(text);
  if (has < length) text.append(length - has, ' ');
  return text;
}

/// `text` cut or filled to `length` characters.
std::string fitted(std::string text, std::size_t length) {
  if (length_of(text) <= length) return padded(std::move(text), length);
  std::size_t end = 0;
  for (std::size_t n = 0; end < text.size(); ++end)
    if (!continues_character(text[end]) && n++ == length - 1) break;
  return text.substr(0, end) + "…";
}

std::vector<std::size_t> natural_widths(const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::size_t most = length_of(table.columns[i].name);
    for (const auto& row : table.rows)
      most = std::max(most, length_of(shown(table.columns[i], row[i])));
    widths.push_back(most);
  }
  return widths;
}

/// What a column keeps at least: an id and a time are of no use if they are cut.
std::vector<std::size_t> least_widths(const Table& table, const std::vector<std::size_t>& natural) {
  constexpr std::size_t least = 12;
  auto widths = natural;
  for (std::size_t i = 1; i < widths.size(); ++i)
    if (table.columns[i].kind != Table::Kind::time) widths[i] = std::min(widths[i], least);
  return widths;
}

std::size_t line_of(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

/// The widths of the first columns, as many as fit into `width`: the widest become narrower, and what does
/// not fit even so is left out.
std::vector<std::size_t> fitting_widths(const Table& table, std::size_t width) {
  auto widths = natural_widths(table);
  auto least = least_widths(table, widths);
  while (least.size() > 1 && line_of(least) > width)
    least.pop_back();
  widths.resize(least.size());
  while (line_of(widths) > width) {
    std::size_t widest = 0;
    for (std::size_t i = 1; i < widths.size(); ++i)
      if (widths[i] > least[i] && (widths[widest] <= least[widest] || widths[i] > widths[widest])) widest = i;
    if (widths[widest] <= least[widest]) break;
    --widths[widest];
  }
  return widths;
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text)
    quoted.append(c == '"' ? "\"\"" : std::string(1, c));
  return quoted + '"';
}

}  // namespace

std::string json_string(std::string_view text) {
  return json_text(text);
}

std::string json_object(const Table& table, const Table::Row& row) {
  std::string object = "{";
  for (std::size_t i = 0; i < row.size(); ++i)
    object.append(i == 0 ? "" : ", ")
        .append(json_string(table.columns[i].name))
        .append(": ")
        .append(to_json(table.columns[i], row[i]));
  return object + "}";
}

std::string json_array(const Table& table) {
  std::string array = "[";
  for (const auto& row : table.rows)
    array.append(array.size() == 1 ? "" : ",\n").append(json_object(table, row));
  return array + "]";
}

void write_record(std::ostream& out, const Table& table, const Table::Row& row) {
  std::size_t widest = 0;
  for (const auto& column : table.columns)
    widest = std::max(widest, column.name.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto text = shown(table.columns[i], row[i]);
    if (!text.empty()) out << "  " << padded(table.columns[i].name, widest + gap) << text << '\n';
  }
}

std::size_t terminal_width() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void Output::add(const Table& portion) {
  switch (format_) {
    case Format::table:
      return add_table(portion);
    case Format::json:
      return add_json(portion);
    case Format::csv:
      return add_csv(portion);
    case Format::ids:
      return add_ids(portion);
  }
}

void Output::add_table(const Table& portion) {
  const auto printed = [&](const auto& cell) {
    std::string line;
    for (std::size_t i = 0; i < widths_.size(); ++i)
      line +=
          (width_ > 0 ? fitted(cell(i), widths_[i]) : padded(cell(i), widths_[i])) + std::string(gap, ' ');
    return without_end(line);
  };
  if (!begun_) {
    widths_ = width_ > 0 ? fitting_widths(portion, width_) : natural_widths(portion);
    for (auto i = widths_.size(); i < portion.columns.size(); ++i)
      left_out_.append(left_out_.empty() ? "" : ", ").append(portion.columns[i].name);
    out_ << printed([&](std::size_t i) { return portion.columns[i].name; });
    out_ << printed([&](std::size_t i) { return std::string(widths_[i], '-'); });
  }
  begun_ = true;
  for (const auto& row : portion.rows)
    out_ << printed([&](std::size_t i) { return shown(portion.columns[i], row[i]); });
}

void Output::add_json(const Table& portion) {
  for (const auto& row : portion.rows) {
    out_ << (begun_ ? ",\n" : "[") << json_object(portion, row);
    begun_ = true;
  }
}

void Output::add_csv(const Table& portion) {
  const auto separator = [](std::size_t i) { return i == 0 ? "" : ","; };
  for (std::size_t i = 0; !begun_ && i < portion.columns.size(); ++i)
    out_ << separator(i) << portion.columns[i].name;
  if (!begun_) out_ << '\n';
  begun_ = true;
  for (const auto& row : portion.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_time = portion.columns[i].kind == Table::Kind::time;
      const auto text = row[i].value_or("");
      out_ << separator(i) << csv_cell(is_time ? rfc3339(text) : without_controls(text, "\n\t"));
    }
    out_ << '\n';
  }
}

void Output::add_ids(const Table& portion) {
  for (const auto& row : portion.rows)
    out_ << without_controls(row.front().value_or("")) << '\n';
}

void Output::end() {
  if (format_ == Format::json) out_ << (begun_ ? "]\n" : "[]\n");
  if (!left_out_.empty()) out_ << "(no room for " << left_out_ << "; --json has all)\n";
  out_ << std::flush;
}

}  // namespace latchkey::cli
