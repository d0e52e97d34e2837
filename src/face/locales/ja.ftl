# The texts of the pages in Japanese. en.ftl says what each text is for and what its variables are.
#
# Names are in quotation marks, so that a particle does not look like a part of the name.

### Pieces of several pages

title-error = エラー：
continue = 続ける
cancel = キャンセル
back-to = 「{ $application }」に戻る
close-page = このページを閉じてかまいません。
optional = （任意）
language-label = 言語：
developer-details = 開発者向けの詳細
link-site = ウェブサイト
link-privacy = プライバシーポリシー
link-terms = 利用規約
link-help = ヘルプ

### Signing in

sign-in-heading = 「{ $application }」にログイン
sign-in-heading-device = ログインしてデバイスを接続
sign-in-heading-approve = ログインしてリクエストを確認
username-label = ユーザー名またはメールアドレス
password-label = パスワード
password-show = パスワードを表示
password-hide = パスワードを隠す
sign-in-wrong = ユーザー名またはパスワードが正しくありません。
sign-in-wait = 試行回数が多すぎるため、パスワードは確認されませんでした。
stay-signed-in = ログイン状態を保持する
sign-in-button = ログイン
sign-in-forgotten = パスワードをお忘れですか？
sign-up-question = アカウントをお持ちでない場合：
sign-up-link = アカウントを作成

### Making an account

sign-up-heading = アカウントの作成
sign-up-lead = 作成後、「{ $application }」に進みます。
sign-up-lead-device = 作成後、デバイスを接続できます。
username-new-label = ユーザー名
name-label = 氏名
password-hint = { $shortest }文字以上で入力してください。ご自身しか思いつかない組み合わせの単語をいくつか並べると、安全なパスワードになります。
sign-up-button = アカウントを作成
sign-in-question = アカウントをお持ちの場合：
sign-in-link = ログイン
sign-up-taken = このユーザー名はすでに使われています。別のユーザー名を入力してください。
sign-up-username = 1種類の文字体系の文字、数字、「.」「-」「_」などの記号を使い、254文字以内で入力してください。スペースと「@」は使えません。
sign-up-name_length = 氏名が長すぎます。
sign-up-name_character = 氏名に目に見えない文字が含まれています。もう一度入力してください。
password-form = パスワードが長すぎるか、目に見えない文字が含まれています。
password-short = { $shortest }文字以上で入力してください。
password-common = このパスワードは多くの人が使っているため、推測されやすくなっています。別のパスワードを入力してください。
password-name = 氏名、ユーザー名、メールアドレスはパスワードに使えません。
password-repeated = 2つのパスワードが一致しません。

### Setting a password by a link

set-password-heading = パスワードの設定
set-password-lead = アカウント：{ $username }
set-password-ends = すべての端末からログアウトされます。
password-new-label = 新しいパスワード
password-repeated-label = 新しいパスワード（確認）
set-password-button = パスワードを設定
password-set-heading = パスワードを設定しました
password-set-lead = 利用するアプリを開き、そこからログインしてください。
password-set-link-over = このリンクはもう使えません。

### Choosing an account

accounts-heading = アカウントの選択
accounts-lead = 選択すると「{ $application }」に進みます
accounts-another = 別のアカウントを使用

### Allowing an application something

consent-title = 「{ $application }」にアクセスを許可しますか？
consent-heading = 「{ $application }」が次の許可を求めています：
consent-heading-continue = 「{ $application }」に進みますか？
consent-heading-device = デバイスを「{ $application }」に接続しますか？
consent-device-code = お手元のデバイスに { $code } と表示されていることを確認してください。
consent-device-no-code = デバイスがお手元にあることを確認してください。
consent-device-warning = メッセージや電話で誰かにこのページへ誘導された場合は、許可しないでください。その人にアカウントへ侵入されるおそれがあります。
consent-device-asked = { $minutes ->
    [0] デバイスからのリクエスト：たった今（{ $address }）
   *[other] デバイスからのリクエスト：{ $minutes }分前（{ $address }）
}
consent-device-here = お使いのIPアドレス：{ $address }
consent-heading-approve = 「{ $application }」からのリクエストを許可しますか？
consent-approve-message = もう一方のデバイスの「{ $application }」に、次のとおり表示されていることを確認してください：
consent-approve-no-message = 別のデバイスの「{ $application }」でご自身が操作した直後である場合にのみ、許可してください。
consent-approve-warning = ご自身の操作によるものでない場合は、許可しないでください。ほかの人にアカウントへ侵入されるおそれがあります。
consent-sensitive = 重要な権限です。このアプリを信頼できる場合にのみ許可してください。
consent-detail-other = 次の内容で { $type } を使用する：
consent-detail-members = すべての内容
answer-yes = はい
answer-no = いいえ
value-date = { $year }年{ $month }{ $day }日
value-moment = { $date } { $time }（UTC{ $offset }）
month-1 = 1月
month-2 = 2月
month-3 = 3月
month-4 = 4月
month-5 = 5月
month-6 = 6月
month-7 = 7月
month-8 = 8月
month-9 = 9月
month-10 = 10月
month-11 = 11月
month-12 = 12月
consent-partial = 許可しない項目のチェックを外してください。
consent-other-account = アカウントを切り替える
consent-each-time = ご自身で「{ $application }」を開いた直後である場合にのみ、続けてください。別のプログラムがこの名前をかたる可能性があるため、毎回確認しています。
consent-allow = 許可
consent-deny = 許可しない
consent-returns-to = 次に { $place } へ移動します。
consent-session = ここからログアウトすると、アクセスは終了します。
consent-about = 「{ $application }」について：
claim-name = 氏名の参照
claim-given_name = 名の参照
claim-family_name = 姓の参照
claim-middle_name = ミドルネームの参照
claim-nickname = ニックネームの参照
claim-preferred_username = ユーザー名の参照
claim-profile = プロフィールページのアドレスの参照
claim-picture = プロフィール写真の参照
claim-website = ウェブサイトのアドレスの参照
claim-email = メールアドレスの参照
claim-email_verified = メールアドレスが確認済みかどうかの参照
claim-gender = 性別の参照
claim-birthdate = 生年月日の参照
claim-zoneinfo = タイムゾーンの参照
claim-locale = 使用言語の参照
claim-phone_number = 電話番号の参照
claim-phone_number_verified = 電話番号が確認済みかどうかの参照
claim-address = 住所の参照
claim-updated_at = プロフィールの最終更新日時の参照
claim-groups = 所属グループの参照
claim-other = ここで「{ $name }」と呼ばれている、あなたに関する情報の参照
scope-openid = 本人を識別する情報の参照
scope-profile = 氏名とその他のプロフィール情報の参照
scope-email = メールアドレスの参照
scope-address = 住所の参照
scope-phone = 電話番号の参照
scope-groups = 所属グループの参照
scope-offline_access = ログアウト後のアクセスの継続
consequence-offline_access = あなたが操作していない間も、アプリケーションがデータを利用できます。

### Devices

device-heading = デバイスの接続
device-lead = デバイスに表示されているコードを入力してください。
device-lead-code = デバイスにこのとおりのコードが表示されていますか？
device-code-label = コード
device-warning = お手元のデバイスに表示されたコードだけを入力してください。コードを送ってきたり、電話で読み上げたりする人は、あなたのアカウントへの侵入をねらっています。
device-unknown = このコードを待っているデバイスはありません。有効期限が切れている可能性があります。デバイスに新しいコードが表示されていないか確認してください。
device-wait = 試行回数が多すぎるため、このコードは確認されませんでした。
device-allowed-heading = デバイスを接続しました
device-allowed-lead = デバイスに戻ってください。数秒後に自動的に続きます。
device-denied-heading = デバイスを接続しませんでした
device-denied-lead = このデバイスはアカウントにアクセスできません。誰かから送られたコードだった場合、許可しなかったのは正しい判断です。このサービスの運営者にお知らせください。
device-another = 別のデバイスを接続

### Requests from other devices

approve-heading = { $count ->
   *[other] 回答待ちのリクエストが{ $count }件あります
}
approve-heading-none = 回答待ちのリクエストはありません
approve-lead = ほかのデバイスのアプリからの許可のリクエストです。ご自身の操作によるものだけを許可してください。
approve-lead-none = ほかのデバイスのアプリから許可を求められたときは、ここで回答します。リクエストをお待ちの場合は、このページを再読み込みしてください。
approve-again = 再読み込み
approve-asked = { $minutes ->
    [0] たった今届きました。
   *[other] { $minutes }分前に届きました。
}
approve-left = { $minutes ->
    [0] 残り時間：1分未満
   *[other] 残り時間：{ $minutes }分
}
approve-other-heading = 別のアカウントへのリクエストです
approve-other-lead = 回答できるのは、リクエストを受けた本人だけです。別のアカウントをお持ちの場合は、そのアカウントでログインしてください。
approve-allowed-heading = リクエストを許可しました
approve-allowed-lead = もう一方のデバイスに戻ってください。数秒後に自動的に続きます。
approve-denied-heading = リクエストを許可しませんでした
approve-denied-lead = このアプリはアカウントにアクセスできません。ご自身の操作によるものでなかった場合、許可しなかったのは正しい判断です。このサービスの運営者にお知らせください。

### Signing out

logout-heading = ログアウトしますか？
logout-asked-by = 「{ $application }」がログアウトを求めています。
logout-lead = { $accounts ->
    [1] 再びログインするにはパスワードが必要です。
   *[other] このブラウザでは複数のアカウントがログインしています。
}
logout-button = ログアウト
logout-all-button = すべてのアカウントからログアウト
logout-stay = ログアウトしない
logout-applications = 開いているアプリでは、そのアプリでもログアウトするまでログイン状態が続くことがあります。
signed-out-heading = ログアウトしました
signed-out-lead = このブラウザでログイン中のアカウントはありません。
signed-out-again = 再びログインするには、利用するアプリを開いてください。このパソコンをほかの人も使う場合は、ブラウザも閉じてください。
signing-out-heading = ログアウトしています
signing-out-lead = アプリに通知しています。画面が切り替わらない場合は「続ける」を選択してください。
signing-out-frame = アプリからのログアウト

### On the way back

form-post-heading = アプリに戻ります
form-post-lead = 画面が切り替わらない場合は「続ける」を選択してください。
answered-heading = このログインは終了しています
answered-heading-signed-in = ログインしています
answered-lead = このログインは完了しています。このページで必要な操作はありません。
answered-go-back-to = 「{ $application }」に戻って続けてください。
answered-go-back = アプリに戻って続けてください。

### The page at the root

home-heading = ほかのアプリにログインするためのサイトです
home-heading-signed-in = ログインしています
home-lead = アプリを利用するには、そのアプリを開いてログインを選択してください。
home-device = デバイスを接続
home-developers = 開発者向け

### Errors

error-heading-link = このリンクは使えません
error-heading-later = 時間をおいてお試しください
error-heading-moment = しばらくしてからお試しください
error-heading-broken = 問題が発生しました
error-heading-again = 最初からやり直してください
error-heading-over = このリクエストは終了しました
error-heading-off = この機能は無効になっています
error-heading-nothing = ページが見つかりません
wait-second = { $count ->
   *[other] { $count }秒後にもう一度お試しください。
}
wait-minute = { $count ->
   *[other] { $count }分後にもう一度お試しください。
}
wait-hour = { $count ->
   *[other] { $count }時間後にもう一度お試しください。
}
error-address = アプリが戻り先として指定した次のアドレスは、ここに登録されていません：

error-application = アプリから送られたリクエストに問題があります。お客様の操作に誤りはありません。アプリに戻ってもう一度お試しください。繰り返し発生する場合は、アプリの開発元にお知らせください。
error-application-unknown = 移動元のアプリは、このサービスに登録されていません。お客様の操作に誤りはありません。アプリの開発元にお知らせください。
error-application-disabled = 移動元のアプリは現在無効になっています。
error-redirect = 移動元のアプリが指定した戻り先のアドレスが正しくありません。お客様の操作に誤りはありません。アプリの開発元にお知らせください。
error-server = 原因はこのサービス側にあり、お客様の操作に誤りはありません。もう一度お試しいただくと解決することがあります。
error-busy = 現在アクセスが集中しています。リクエストは処理されませんでした。
error-limited = お使いのネットワークまたはアカウントからのリクエストが多すぎます。
error-not-found = このアドレスにはページがありません。
error-flow-unknown = このログインは確認できません。有効期限が切れている可能性があります。
error-flow-other-browser = このログインは別のブラウザで開始されたか、このブラウザでCookieが無効になっています。
error-flow-expired = 時間がかかりすぎたため、このログインは終了しました。
error-flow-too-many = お使いのネットワークから開始されたログインが多すぎます。
error-request-used = このリクエストはすでに使用されています。
error-form-forged = フォームの有効期限が切れているか、このページから送信されたものではありません。何も変更されていません。
error-form = フォームを読み取れませんでした。何も変更されていません。
error-sign-up-off = ここではご自身でアカウントを作成できません。このサービスの運営者にお問い合わせください。
error-sign-up-too-many = お使いのネットワークから作成されたアカウントが多すぎます。
error-password-link-over = このリンクはすでに使用されたか、有効期限が切れています。新しいリンクを依頼してください。
error-account-disabled = このアカウントは無効になっています。このサービスの運営者にお問い合わせください。
error-group = お使いのアカウントでは、このアプリを利用できません。このサービスの運営者にお問い合わせください。
error-device = デバイスの待ち時間が終了しました。デバイスで最初からやり直してください。
error-device-answered = このデバイスにはすでに回答済みです。
error-device-too-many = お使いのネットワークからリクエストしているデバイスが多すぎます。
error-approve = すでに回答済みか、回答の期限が過ぎています。このページで行うことはありません。
error-logout = アプリからのログアウトのリクエストに問題があります。代わりにここからログアウトできます。

way-home = トップページへ
way-logout = ここからログアウト
way-device = コードを再入力
