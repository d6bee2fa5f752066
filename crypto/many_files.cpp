#include "crypto/many_files.hpp"

#include "base/descriptor.hpp"
#include "crypto/file_writing.hpp"
#include "crypto/system_failure.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace latchkey::crypto {

Result<void> create_unsynced_file(const std::filesystem::path& path, ByteView content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.valid() && write_fully(file.number(), content)) return {};
  return system_failure(Fault::internal, file.valid() ? "cannot write" : "cannot create", path);
}

Result<void> sync_file_system(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.valid() && ::syncfs(descriptor.number()) == 0) return {};
  return system_failure(Fault::internal, "cannot sync the file system of", folder);
}

}  // namespace latchkey::crypto
