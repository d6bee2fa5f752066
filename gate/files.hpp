#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The files that the journal is made of.
namespace latchkey::gate {

/// Owns an open file, and closes it.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  [[nodiscard]] explicit operator bool() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// False if not all was written.
  [[nodiscard]] bool write(std::string_view text) const;

 private:
  int descriptor_ = -1;
};

/// The gate's own folder, with the files `base.N` and `journal.N`.
class Folder {
 public:
  /// Makes the folder if it is missing, readable for its owner only, and locks it. The error is a sentence.
  [[nodiscard]] static std::optional<std::string> open(const std::string& path, Folder& folder);

  [[nodiscard]] std::string name(std::string_view kind, std::uint64_t number) const;
  /// The numbers of the files of a kind, ascending.
  [[nodiscard]] std::vector<std::uint64_t> numbers(std::string_view kind) const;
  [[nodiscard]] File create(std::string_view kind, std::uint64_t number) const;
  /// Calls `with` for the file's content. False if the file cannot be read.
  [[nodiscard]] bool read(std::string_view kind, std::uint64_t number,
                          const std::function<void(std::string_view)>& with) const;
  void remove(std::string_view kind, std::uint64_t number) const;
  /// Syncs the folder: after that a new or renamed file survives a power cut.
  void sync() const;

 private:
  std::string path_;
  std::shared_ptr<File> lock_;
};

}  // namespace latchkey::gate
