Rails.application.routes.draw do
  root "meadows#index"

  devise_for :keepers, path: "staff", controllers: { sessions: "staff/sessions" }

  resources :meadows, only: %i[index show] do
    resources :sightings, only: %i[new create]
    member { get :calendar, defaults: { format: :ics } }
  end

  resources :species, param: :latin, except: :destroy
  get "/bees", to: redirect("/species?family=apidae")
  get "/moths", to: "species#night"

  namespace :api do
    namespace :v2 do
      resources :counts, only: :create
      get "ping", to: proc { [204, {}, []] }
    end
  end

  authenticate :keeper, ->(k) { k.senior? } do
    mount Sidekiq::Web => "/engine-room"
  end

  # kept for the printed leaflets until 2027
  get "/w/:code", to: "leaflets#open", constraints: { code: /[a-z]{5}/ }

  match "*rest", to: "errors#lost", via: :all
end
