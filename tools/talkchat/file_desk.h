#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/thread_executor.h"
#include "tools/client/file_transfer.h"
#include "tools/client/transfer_meter.h"
#include "tools/talkchat/user_book.h"

namespace talkbeat {

/// The files of a conversation: those that are offered to us, and those on their way. Each has a number, by which the
/// person names it. Owned by a Chat; the loop's thread only.
class FileDesk final : private FileTransfer::Listener {
 public:
  /// Where it shows what happens.
  class Screen {
   public:
    virtual void print(const std::string& text) = 0;
    virtual void complain(const std::string& text) = 0;
    /// A terminal, which shows `text` until the next call; empty: nothing is on its way. False: print lines instead.
    virtual bool show_progress(const std::string& text) = 0;
    /// A transfer has ended.
    virtual void on_files_changed() = 0;

   protected:
    ~Screen() = default;
  };

  FileDesk(Client& client, ClientLoop& parts, UserBook& book, Screen& screen);

  void send(uint32_t peer, const std::string& path);
  /// Somebody offers one, or it waits at the server.
  void take(const FileOffer& offer);
  /// Asks the server what waits there; then `done`.
  void fetch_waiting(std::function<void(Status)> done);
  void list();
  /// `which`: the number; empty: the only one there is.
  void accept(const std::string& which);
  void refuse(const std::string& which);
  void cancel(const std::string& which);
  /// Where received files go.
  void save_in(const std::string& directory);
  /// Ends all that is on its way.
  void close();

  size_t under_way() const;
  const std::filesystem::path& directory() const { return directory_; }

 private:
  struct Entry {
    FileOffer offer;
    std::unique_ptr<FileTransfer> transfer;  // empty: offered, and not decided yet
    TransferMeter meter{0};
    int told_percent = 0;
    bool refusing = false;
  };
  using Entries = std::map<int, Entry>;

  void on_file_offered(FileTransfer& transfer) override;
  void on_file_peer_ready(FileTransfer& transfer) override;
  void on_file_progress(FileTransfer& transfer) override;
  void on_file_paused(FileTransfer& transfer, const std::string& why) override;
  void on_file_ended(FileTransfer& transfer) override;

  Entries::iterator entry_of(const FileTransfer& transfer);
  Entries::iterator chosen(const std::string& which, bool offers, const char* command);
  FileTransfer& begin(Entry& entry);
  void announce(int number, const FileOffer& offer);
  void sweep();
  std::string peer_of(const Entry& entry) const;
  std::string title_of(const FileOffer& offer) const;

  Client& client_;
  ClientNetwork& network_;
  Clock& clock_;
  EventLoop& loop_;
  UserBook& book_;
  Screen& screen_;
  ThreadExecutor worker_;
  std::filesystem::path directory_ = ".";
  Entries entries_;
  int last_number_ = 0;
  Tick shown_at_ = 0;
};

}  // namespace talkbeat
