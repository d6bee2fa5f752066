#include "service/import/record.hpp"

#include "base/spelling.hpp"
#include "protocol/limits.hpp"
#include "service/import/json_record.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey::service {
namespace {

constexpr std::size_t buffer_size = 256UL * 1024;
// Three times the size of a device with the largest configuration in CSV, all its quotes doubled.
constexpr std::size_t longest_record = 32UL * 1024;

bool has_open_quote(std::string_view line) {
  return std::ranges::count(line, '"') % 2 != 0;
}

/// Reads a CSV field at `place`, which moves behind the next comma, or to npos at the end of the line.
std::optional<std::string> read_field(std::string_view line, std::size_t& place) {
  std::string field;
  if (place < line.size() && line[place] == '"') {
    for (++place; place < line.size(); ++place) {
      if (line[place] != '"') {
        field += line[place];
      } else if (place + 1 < line.size() && line[place + 1] == '"') {
        field += line[++place];
      } else {
        break;
      }
    }
    ++place;  // the closing quote
    if (place < line.size() && line[place] != ',') return std::nullopt;
  } else {
    const auto comma = std::min(line.find(',', place), line.size());
    field = line.substr(place, comma - place);
    if (field.find('"') != std::string::npos) return std::nullopt;
    place = comma;
  }
  place = place < line.size() ? place + 1 : std::string_view::npos;
  return field;
}

/// A file without a header has data here, which may be a key: do not quote it.
std::string unknown_column(std::size_t number, std::string_view name) {
  const bool may_be_shown = name.size() < protocol::limits::token_min_chars &&
                            std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  std::string problem = "column " + std::to_string(number) + " of the header";
  if (may_be_shown) problem.append(" (\"").append(name).append("\")");
  problem += " is unknown; the columns are";
  for (const auto known : column_names)
    problem.append(known == column_names.front() ? " " : ", ").append(known);
  if (const auto meant = nearest(name, column_names)) problem.append("; did you mean ").append(*meant) += '?';
  return problem;
}

}  // namespace

ImportRecord::~ImportRecord() {
  for (std::string& value : values)
    crypto::wipe(value);
}

RecordReader::RecordReader(Source source) : source_(std::move(source)), buffer_(buffer_size) {}

RecordReader::~RecordReader() {
  crypto::wipe(buffer_);
  crypto::wipe(line_);
}

bool RecordReader::fill() {
  start_ = 0;
  end_ = source_(buffer_);
  return end_ != 0;
}

/// Appends the next line to `line_`, skipping what exceeds the longest record.
bool RecordReader::next_line() {
  if (start_ == end_ && !fill()) return false;
  ++lines_;
  for (;;) {
    const char* const begin = buffer_.data() + start_;
    const void* const found = std::memchr(begin, '\n', end_ - start_);
    const std::size_t size =
        found == nullptr ? end_ - start_ : static_cast<std::size_t>(static_cast<const char*>(found) - begin);
    const std::size_t room = longest_record - std::min(line_.size(), longest_record);
    too_long_ = too_long_ || size > room;
    line_.append(begin, std::min(size, room));
    start_ += size;
    if (found != nullptr) ++start_;
    if (found != nullptr || !fill()) break;
  }
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

/// A quoted CSV field may contain line breaks.
bool RecordReader::continue_quoted() {
  while (has_open_quote(line_) && !too_long_) {
    line_ += '\n';
    if (!next_line()) return false;
  }
  return true;
}

bool RecordReader::begin(ImportRecord& record) {
  crypto::wipe(line_);
  line_.clear();
  too_long_ = false;
  do {
    if (!next_line()) return false;
  } while (line_.empty() && !too_long_);
  record.line = lines_;
  if (format_ != Format::unknown) return true;
  if (line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
  format_ = line_.starts_with('{') ? Format::ndjson : Format::csv;
  return true;
}

bool RecordReader::next(ImportRecord& record) {
  for (std::string& value : record.values) {
    crypto::wipe(value);
    value.clear();
  }
  record.problem.clear();
  if (!begin(record)) return false;
  if (format_ == Format::csv && header_.empty()) {
    read_header(record);
    if (!record.problem.empty()) {
      start_ = end_ = 0;
      source_ = [](std::span<char>) { return std::size_t{0}; };
      return true;
    }
    return next(record);
  }
  if (format_ == Format::csv && !continue_quoted()) record.problem = "a quote is not closed";
  if (too_long_) record.problem = "the line is longer than 32 KiB";
  if (!record.problem.empty()) return true;
  if (format_ == Format::csv)
    read_csv(record);
  else
    read_json_record(line_, record);
  return true;
}

void RecordReader::read_header(ImportRecord& record) {
  for (std::size_t place = 0; place != std::string_view::npos;) {
    const auto name = read_field(line_, place);
    const auto column = name ? column_named(*name) : std::nullopt;
    if (!column) {
      record.problem = unknown_column(header_.size() + 1, name.value_or(""));
      return;
    }
    if (std::ranges::find(header_, *column) != header_.end())
      record.problem = "the header names the column " + *name + " twice";
    header_.push_back(*column);
  }
  if (std::ranges::find(header_, Column::device_id) == header_.end())
    record.problem = "the header has no column device_id";
}

void RecordReader::read_csv(ImportRecord& record) {
  std::size_t place = 0;
  for (const Column column : header_) {
    if (place == std::string_view::npos) break;
    auto field = read_field(line_, place);
    if (!field) {
      record.problem = "a quote is in the wrong place";
      return;
    }
    record[column] = *std::move(field);
    if (column == header_.back()) {
      if (place != std::string_view::npos)
        record.problem = "the line has more fields than the header has columns";
      return;
    }
  }
  record.problem = "the line has fewer fields than the header has columns";
}

}  // namespace latchkey::service
