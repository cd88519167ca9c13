// A directory for what a foreign program writes, gone with the object that holds it, whatever was put there.
#pragma once

#include <string>

namespace hetscope {

class WorkDirectory {
 public:
  // Below $TMPDIR, else /tmp. Throws Error when there is none.
  WorkDirectory();
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  const std::string& path() const { return path_; }  // without links in it

 private:
  std::string path_;
};

}  // namespace hetscope
