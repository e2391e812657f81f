#include "tools/talkchat/file_desk.h"

#include <unistd.h>

#include <algorithm>

#include "tools/client/file_name.h"
#include "tools/client/file_requests.h"
#include "tools/client/terminal_text.h"
#include "tools/talkchat/words.h"

namespace talkbeat {

using namespace IM::File;

namespace {

constexpr size_t kMaxJobs = 256;
constexpr size_t kMaxOffers = 100;  // that wait for the person
constexpr size_t kBarWidth = 20;
constexpr Tick kShowEveryMs = 250;
constexpr int kTellEachPercent = 25;

}  // namespace

FileDesk::FileDesk(Client& client, ClientLoop& parts, UserBook& book, Screen& screen)
    : client_(client),
      network_(parts.network),
      clock_(parts.clock),
      loop_(parts.events),
      book_(book),
      screen_(screen),
      worker_("files", 1, kMaxJobs, [&loop = parts.events](Task task) { loop.post(std::move(task)); }) {}

std::string FileDesk::peer_of(const Entry& entry) const {
  return book_.name_of(entry.offer.from == client_.info().user_id ? entry.offer.to : entry.offer.from);
}

std::string FileDesk::title_of(const FileOffer& offer) const {
  if (offer.task_id.empty()) return safe_file_name(offer.name);  // the server has not taken it yet
  return safe_file_name(offer.name) + " (" + size_text(offer.size) + ")";
}

FileDesk::Entries::iterator FileDesk::entry_of(const FileTransfer& transfer) {
  return std::ranges::find_if(entries_, [&](const auto& entry) { return entry.second.transfer.get() == &transfer; });
}

FileTransfer& FileDesk::begin(Entry& entry) {
  static const FileOptions kOptions;
  entry.meter = TransferMeter(entry.offer.size);
  entry.transfer =
      std::make_unique<FileTransfer>(client_, network_, worker_, kOptions, static_cast<FileTransfer::Listener&>(*this));
  return *entry.transfer;
}

void FileDesk::send(uint32_t peer, const std::string& path) {
  Entry& entry = entries_[++last_number_];
  entry.offer = {.from = client_.info().user_id, .to = peer, .name = path};
  begin(entry).send(peer, home_expanded(path), FileTransfer::Way::kEither);
}

void FileDesk::take(const FileOffer& offer) {
  const bool known =
      std::ranges::any_of(entries_, [&](const auto& entry) { return entry.second.offer.task_id == offer.task_id; });
  if (known || offer.from == client_.info().user_id || entries_.size() >= kMaxOffers) return;
  const int number = ++last_number_;
  entries_[number].offer = offer;
  book_.learn({offer.from}, [this, number, offer] { announce(number, offer); });
}

void FileDesk::announce(int number, const FileOffer& offer) {
  const std::string what = book_.name_of(offer.from) + (offer.offline ? " has left you " : " sends you ");
  const std::string n = std::to_string(number);
  screen_.print(what + title_of(offer) + "; :accept " + n + " or :refuse " + n);
}

void FileDesk::fetch_waiting(std::function<void(Status)> done) {
  IMFileHasOfflineReq request;
  request.set_user_id(client_.info().user_id);
  client_.request<IMFileHasOfflineReq, IMFileHasOfflineRsp>(request, [this, done](Result<IMFileHasOfflineRsp> answer) {
    if (!answer.ok()) {
      done(Error{answer.message()});
      return;
    }
    for (const FileOffer& offer : offers_in(answer.value(), client_.info().user_id, network_.uses_tls())) take(offer);
    done({});
  });
}

void FileDesk::list() {
  for (const auto& [number, entry] : entries_) {
    const bool out = entry.transfer != nullptr && entry.transfer->outgoing();
    std::string line = "  " + std::to_string(number) + "  " + title_of(entry.offer) + (out ? " to " : " from ");
    line += peer_of(entry) + "  ";
    if (entry.transfer == nullptr) {
      line += entry.offer.offline ? "waits at the server" : "offered";
    } else {
      line += entry.transfer->state() == FileTransfer::State::kAsking ? "asking" : entry.meter.line();
    }
    screen_.print(line);
  }
  if (entries_.empty()) screen_.print("  no files; :sendfile USER PATH sends one");
}

FileDesk::Entries::iterator FileDesk::chosen(const std::string& which, bool offers, const char* command) {
  const auto fits = [offers](const Entry& entry) {
    return offers ? entry.transfer == nullptr : entry.transfer != nullptr && !entry.transfer->ended();
  };
  size_t fitting = 0;
  auto only = entries_.end();
  for (auto next = entries_.begin(); next != entries_.end(); ++next) {
    if (!fits(next->second)) continue;
    ++fitting;
    if (which.empty() || which == std::to_string(next->first)) only = next;
  }
  if (fitting == 0) {
    screen_.complain(offers ? "no file is offered to you" : "no file is on its way");
    return entries_.end();
  }
  if (only == entries_.end() || (which.empty() && fitting > 1)) {
    screen_.complain(std::string("which one? ") + command + " N; :files lists them");
    return entries_.end();
  }
  return only;
}

void FileDesk::accept(const std::string& which) {
  const auto found = chosen(which, true, ":accept");
  if (found == entries_.end()) return;
  screen_.print("receiving " + title_of(found->second.offer) + " from " + peer_of(found->second));
  begin(found->second).receive(found->second.offer, directory_);
}

void FileDesk::refuse(const std::string& which) {
  const auto found = chosen(which, true, ":refuse");
  if (found == entries_.end()) return;
  found->second.refusing = true;
  begin(found->second).refuse(found->second.offer);
}

void FileDesk::cancel(const std::string& which) {
  const auto found = chosen(which, false, ":cancel");
  if (found == entries_.end()) return;
  found->second.transfer->cancel();
}

void FileDesk::save_in(const std::string& directory) {
  const std::filesystem::path path = directory.empty() ? directory_.string() : home_expanded(directory);
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    screen_.complain(printable(path.string()) + " is no directory; make it first (mkdir -p)");
  } else if (::access(path.c_str(), W_OK | X_OK) != 0) {
    screen_.complain(printable(path.string()) + ": nothing can be written there");
  } else {
    directory_ = path;
    screen_.print("received files go to " +
                  printable(std::filesystem::absolute(path, error).lexically_normal().string()));
  }
}

void FileDesk::close() {
  for (auto& [number, entry] : entries_) {
    if (entry.transfer != nullptr) entry.transfer->cancel();
  }
}

size_t FileDesk::under_way() const {
  return static_cast<size_t>(std::ranges::count_if(
      entries_, [](const auto& entry) { return entry.second.transfer != nullptr && !entry.second.transfer->ended(); }));
}

void FileDesk::on_file_offered(FileTransfer& transfer) {
  Entry& entry = entry_of(transfer)->second;
  entry.offer = transfer.offer();
  entry.meter = TransferMeter(entry.offer.size);
  const std::string title = title_of(entry.offer);
  if (entry.offer.offline) {
    screen_.print(peer_of(entry) + " is not online: leaving " + title + " at the server");
  } else {
    screen_.print("offered " + title + " to " + peer_of(entry) + "; waits until it is taken");
  }
}

void FileDesk::on_file_peer_ready(FileTransfer& transfer) {
  if (transfer.outgoing()) screen_.print(peer_of(entry_of(transfer)->second) + " takes it");
}

void FileDesk::on_file_progress(FileTransfer& transfer) {
  Entry& entry = entry_of(transfer)->second;
  entry.meter.note(clock_.now(), transfer.bytes());
  if (transfer.bytes() < transfer.offer().size && clock_.now() - shown_at_ < kShowEveryMs) return;
  shown_at_ = clock_.now();
  if (screen_.show_progress(safe_file_name(entry.offer.name) + " " + entry.meter.bar(kBarWidth))) return;
  if (entry.meter.percent() < entry.told_percent + kTellEachPercent) return;
  entry.told_percent = entry.meter.percent();
  screen_.print(safe_file_name(entry.offer.name) + ": " + entry.meter.line());
}

void FileDesk::on_file_paused(FileTransfer& transfer, const std::string& why) {
  const Entry& entry = entry_of(transfer)->second;
  if (!entry.refusing) screen_.show_progress(safe_file_name(entry.offer.name) + " waits: " + printable(why));
}

void FileDesk::on_file_ended(FileTransfer& transfer) {
  Entry& entry = entry_of(transfer)->second;
  screen_.show_progress("");
  const std::string title = title_of(entry.offer);
  if (transfer.cancelled()) {
    screen_.print("cancelled: " + title);
  } else if (transfer.state() == FileTransfer::State::kFailed) {
    const std::string how = transfer.outgoing() ? " was not sent: " : " was not received: ";
    screen_.complain(title + how + printable(transfer.problem()));
  } else if (entry.refusing) {
    screen_.print("refused: " + title);
  } else if (!transfer.outgoing()) {
    screen_.print(title + " from " + peer_of(entry) +
                  " is here: " + printable((directory_ / transfer.saved_as()).lexically_normal().string()));
  } else if (entry.offer.offline) {
    screen_.print(title + " waits for " + peer_of(entry) + " at the server");
  } else {
    screen_.print(peer_of(entry) + " has received " + title);
  }
  loop_.post([this] { sweep(); });
}

void FileDesk::sweep() {
  std::erase_if(entries_,
                [](const auto& entry) { return entry.second.transfer != nullptr && entry.second.transfer->ended(); });
  if (under_way() == 0) screen_.show_progress("");
  screen_.on_files_changed();
}

}  // namespace talkbeat
