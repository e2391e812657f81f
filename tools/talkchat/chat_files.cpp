#include "tools/client/terminal_text.h"
#include "tools/talkchat/chat.h"
#include "tools/talkchat/words.h"

namespace talkbeat {

// The rest of the line is the path, blanks and all.
void Chat::send_file(const std::string& argument) {
  std::string path = argument;
  const std::string user = take_word(path);
  path = unquoted(path);
  if (user.empty() || path.empty()) {
    complain("which file, to whom? :sendfile USER PATH");
    return;
  }
  busy_ = true;
  book_.find(user, [this, path](Result<uint32_t> id) {
    if (id.ok()) {
      desk_.send(id.value(), path);
    } else {
      complain(printable(id.message()) + "; :users lists them");
    }
    done();
  });
}

void Chat::list_files(const std::string& /*argument*/) {
  busy_ = true;
  desk_.fetch_waiting([this](const Status& status) {
    if (!status.ok()) complain("what waits at the server is not known: " + printable(status.message()));
    desk_.list();
    done();
  });
}

}  // namespace talkbeat
